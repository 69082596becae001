#include "mae/pth/zip_archive.h"

#include <gtest/gtest.h>

#include "../base/temporary_folder.h"
#include "../support/memory_file.h"
#include "mae/base/atomic_file.h"
#include "mae/base/error.h"
#include "mae/pth/zip_writer.h"

namespace mae::pth {
namespace {

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a.zip");
  ZipWriter zip(&file);
  for (const auto& [name, data] : entries) zip.add(name, data);
  zip.finish();
  file.commit();
  return bytes_of(folder / "a.zip");
}

// What an archive of these bytes holds, or why it is refused.
std::string verdict_on(const std::string& bytes) {
  const test::MemoryFile memory(bytes);
  try {
    const ZipArchive archive(memory.path());
    std::string text;
    for (const auto& [name, entry] : archive.entries()) {
      std::string data(static_cast<size_t>(entry.bytes), '\0');
      archive.read(entry, name, data.data());
      text += name + "=" + data + ";";
    }
    return text;
  } catch (const DataError& error) {
    return std::string("refused: ") + error.what();
  }
}

void replace(std::string* bytes, size_t at, const std::string& with) {
  bytes->replace(at, with.size(), with);
}

const std::vector<std::pair<std::string, std::string>> kEntries = {
    {"m/data.pkl", "pickle"}, {"m/data/0", "0123456789"}, {"m/data/1", ""}};
const char* const kContents = "m/data.pkl=pickle;m/data/0=0123456789;m/data/1=;";

#define EXPECT_REFUSED(bytes, reason) \
  EXPECT_NE(verdict_on(bytes).find(reason), std::string::npos) << verdict_on(bytes)

TEST(ZipArchive, ReadsWhatWasWritten) { EXPECT_EQ(verdict_on(archive_of(kEntries)), kContents); }

TEST(ZipArchive, CommentAfterTheEndIsAllowedButNothingElse) {
  std::string bytes = archive_of(kEntries);
  bytes[bytes.size() - 2] = 5;
  EXPECT_EQ(verdict_on(bytes + "hello"), kContents);
  EXPECT_REFUSED(archive_of(kEntries) + "x", "end record is missing");
}

TEST(ZipArchive, RefusesNamesThatLeaveTheArchive) {
  for (const char* name : {"/etc/passwd", "../up", "m/../../up", "m/..", "c:\\x"})
    EXPECT_REFUSED(archive_of({{name, "x"}}), "plain relative name");
}

TEST(ZipArchive, RefusesTwoEntriesOfOneName) {
  EXPECT_REFUSED(archive_of({{"a", "x"}, {"a", "y"}}), "two entries named a");
}

TEST(ZipArchive, RefusesCompressedAndEncryptedEntries) {
  const std::string good = archive_of(kEntries);
  const size_t central = good.find("PK\x01\x02");
  std::string bytes = good;
  replace(&bytes, central + 10, "\x08");
  EXPECT_REFUSED(bytes, "compressed");
  bytes = good;
  replace(&bytes, central + 8, "\x01");
  EXPECT_REFUSED(bytes, "encrypted");
  bytes = good;  // says that 6 bytes expand to 4 GiB
  replace(&bytes, central + 24, "\xfe\xff\xff\xff");
  EXPECT_REFUSED(bytes, "compressed");
}

TEST(ZipArchive, RefusesEntriesOverEachOther) {
  const std::string good = archive_of(kEntries);
  const size_t first = good.find("PK\x01\x02"), second = good.find("PK\x01\x02", first + 1);
  std::string bytes = good;  // the first entry becomes as long as both
  for (const size_t at : {first + 20, first + 24}) replace(&bytes, at, {"\xa0\x00\x00\x00", 4});
  EXPECT_REFUSED(bytes, "over each other");
  bytes = good;  // the second entry's header is the first's
  replace(&bytes, second + 42, {"\x00\x00\x00\x00", 4});
  EXPECT_REFUSED(bytes, "does not match its own header");
}

TEST(ZipArchive, DataAreComparedWithTheirChecksum) {
  std::string bytes = archive_of(kEntries);
  bytes[bytes.find("0123456789")] = '9';
  EXPECT_REFUSED(bytes, "CRC-32");
}

TEST(ZipArchive, EveryCutIsRefused) {
  const std::string good = archive_of(kEntries);
  for (size_t bytes = 0; bytes < good.size(); ++bytes)
    EXPECT_EQ(verdict_on(good.substr(0, bytes)).rfind("refused", 0), 0U) << bytes;
}

// Flags, versions and dates say nothing about the data, names in the directory do.
TEST(ZipArchive, EveryFlippedBitIsRefusedOrHarmless) {
  const std::string good = archive_of(kEntries);
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1 << at % 8);
    const std::string verdict = verdict_on(bytes);
    EXPECT_TRUE(verdict.rfind("refused", 0) == 0 || verdict == kContents) << at << ": " << verdict;
  }
}

}  // namespace
}  // namespace mae::pth
