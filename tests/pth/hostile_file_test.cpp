// Checkpoints that were cut, changed or made by hand: one error, no crash, no memory for what a
// file only claims to hold.
#include <gtest/gtest.h>

#include "../base/parse_in_process.h"
#include "../base/temporary_folder.h"
#include "../support/memory_file.h"
#include "mae/base/atomic_file.h"
#include "mae/base/error.h"
#include "mae/pth/torch_file.h"
#include "mae/pth/zip_writer.h"

namespace mae::pth {
namespace {

const std::string kFolder = MAE_TESTS_DIR "/golden/pth/";
constexpr char kAccepted[] = "accepted";

// Opens and reads everything.
std::string verdict_on(const std::string& bytes) {
  const test::MemoryFile memory(bytes);
  try {
    const TorchFile file(memory.path());
    for (const auto& [name, entry] : file.entries()) {
      const int64_t count = element_count(entry.shape, name);
      std::string data(static_cast<size_t>(count * element_size(entry.type)), '\0');
      file.read(name, data.data());
    }
    return kAccepted;
  } catch (const DataError& error) {
    return error.what();
  }
}

std::string text(const std::string& value) {
  std::string bytes = "X";
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value.size() >> (8 * i) & 0xFF);
  return bytes + value;
}
std::string number(int64_t value) {
  std::string bytes = "\x8a\x08";
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  return bytes;
}
std::string tuple(const std::vector<int64_t>& values) {
  std::string bytes = "(";
  for (const int64_t value : values) bytes += number(value);
  return bytes + "t";
}

struct Claim {
  std::string storage_class = "FloatStorage", key = "0";
  int64_t numel = 4, offset = 0;
  std::vector<int64_t> shape = {2, 2}, stride = {2, 1};
};

// A file whose one storage has 16 bytes, and whose one tensor claims what it likes.
std::string file_with(const Claim& claim) {
  const std::string pickle = "\x80\x02}" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" +
                             text("storage") + "ctorch\n" + claim.storage_class + "\n" +
                             text(claim.key) + text("cpu") + number(claim.numel) + "tQ" +
                             number(claim.offset) + tuple(claim.shape) + tuple(claim.stride) +
                             "\x89}tRs.";
  const TemporaryFolder folder;
  AtomicFile file(folder / "m");
  ZipWriter zip(&file);
  zip.add("m/data.pkl", pickle);
  zip.add("m/data/0", std::string(16, 'x'));
  zip.finish();
  file.commit();
  return bytes_of(folder / "m");
}

TEST(HostileFile, TensorsStayInsideTheirStorage) {
  constexpr int64_t kHuge = int64_t{1} << 40, kMost = INT64_MAX;
  ASSERT_EQ(verdict_on(file_with({})), kAccepted);
  const std::vector<std::pair<Claim, std::string>> cases = {
      {{"FloatStorage", "0", 1000, 0, {2, 2}, {2, 1}}, "should have 1000 elements"},
      {{"FloatStorage", "0", kMost, 0, {2, 2}, {2, 1}}, "should have"},
      {{"FloatStorage", "0", 4, 1, {2, 2}, {2, 1}}, "outside its storage"},
      {{"FloatStorage", "0", 4, -1, {2, 2}, {2, 1}}, "outside its storage"},
      {{"FloatStorage", "0", 4, kMost, {1}, {1}}, "outside its storage"},
      {{"FloatStorage", "0", 4, 0, {2, 2}, {3, 1}}, "outside its storage"},
      {{"FloatStorage", "0", 4, 0, {2, 2}, {-2, 1}}, "outside its storage"},
      {{"FloatStorage", "0", 4, 0, {2, 2}, {kMost, kMost}}, "outside its storage"},
      {{"FloatStorage", "0", 4, 0, {kHuge}, {0}}, "repeats its storage"},
      {{"FloatStorage", "0", 4, 0, {kHuge, kHuge}, {1, 1}}, "not possible"},
      {{"FloatStorage", "0", 4, 0, {-2, -2}, {1, 1}}, "not possible"},
      {{"FloatStorage", "0", 4, 0, {2, 2}, {2}}, "outside its storage"},
      {{"FloatStorage", "1", 4, 0, {2, 2}, {2, 1}}, "lacks the storage 1"},
      {{"FloatStorage", "../0", 4, 0, {2, 2}, {2, 1}}, "lacks the storage"},
      {{"QInt8Storage", "0", 16, 0, {2, 2}, {2, 1}}, "torch.QInt8Storage"}};
  for (const auto& [claim, reason] : cases) {
    const std::string verdict = verdict_on(file_with(claim));
    EXPECT_NE(verdict.find(reason), std::string::npos) << reason << ": " << verdict;
  }
}

TEST(HostileFile, EveryCutIsRefused) {
  for (const char* name : {"zip.pth", "legacy.pth", "bare.pth"}) {
    const std::string whole = bytes_of(kFolder + name);
    ASSERT_EQ(verdict_on(whole), kAccepted) << name;
    for (size_t part = 0; part < 128; ++part)
      EXPECT_NE(verdict_on(whole.substr(0, whole.size() * part / 128)), kAccepted) << name << part;
    EXPECT_NE(verdict_on(whole.substr(0, whole.size() - 1)), kAccepted) << name;
  }
}

// What is changed is refused, or read as something else where nothing protects it: in the old
// container, and in the zip's padding. It must not crash either way.
TEST(HostileFile, ChangedBytesDoNotCrash) {
  for (const char* name : {"zip.pth", "legacy.pth"}) {
    const std::string whole = bytes_of(kFolder + name);
    size_t accepted = 0, tried = 0;
    for (size_t at = 0; at < whole.size(); at += 5) {
      for (const int change : {1, 0x80, 0xFF}) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ change);
        accepted += verdict_on(bytes) == kAccepted ? 1 : 0;
        ++tried;
      }
    }
    EXPECT_LT(accepted, tried) << name;
  }
}

TEST(HostileFile, OtherThingsAreRefusedInWords) {
  EXPECT_NE(verdict_on("").find("neither"), std::string::npos) << verdict_on("");
  EXPECT_NE(verdict_on("hello").find("neither"), std::string::npos);
  EXPECT_NE(verdict_on(std::string(100'000, '\0')).find("neither"), std::string::npos);
}

}  // namespace
}  // namespace mae::pth
