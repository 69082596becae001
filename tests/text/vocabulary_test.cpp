#include "mae/text/vocabulary.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mae/base/error.h"

namespace mae {
namespace {

std::string failure(const std::string& bytes) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("mae-vocab-" + std::to_string(getpid()))).string();
  std::ofstream(path, std::ios::binary) << bytes;
  std::string line = "none";
  try {
    read_vocabulary(path);
  } catch (const DataError& error) {
    line = error.line().substr(path.size());
  }
  std::filesystem::remove(path);
  return line;
}

TEST(Vocabulary, IdsAreLines) {
  const Vocabulary vocabulary({"[PAD]", "[UNK]", "dog", "##s"}, "test");
  EXPECT_EQ(vocabulary.size(), 4);
  EXPECT_EQ(vocabulary.find("##s"), 3);
  EXPECT_EQ(vocabulary.find("cat"), std::nullopt);
  EXPECT_EQ(vocabulary.padding(), 0);
  EXPECT_EQ(vocabulary.unknown(), 1);
  EXPECT_NE(vocabulary.digest(), Vocabulary({"[PAD]", "[UNK]", "dogs", "##"}, "test").digest());
}

TEST(Vocabulary, FilesOfWindowsAndWithoutLastLineEndAreRead) {
  EXPECT_EQ(failure("[PAD]\r\n[UNK]\r\nx"), "none");
}

TEST(Vocabulary, BadFilesAreNamedByLine) {
  EXPECT_EQ(failure("[PAD]\n[UNK]\ndog\n\ncat\n"), ":4: the line is empty; expected a word piece");
  EXPECT_EQ(failure("[PAD]\n[UNK]\ndog\ndog\n"), ":4: 'dog' stands in line 3 already");
  EXPECT_EQ(failure("[PAD]\ndog\n"), ": the vocabulary has no [UNK]");
  EXPECT_EQ(failure(""), ": the vocabulary has no [PAD]");
  EXPECT_EQ(failure(std::string("[PAD]\n[UNK]\n\0\n", 14)),
            ": holds zero bytes; expected text, one word piece a line");
  EXPECT_EQ(failure("[PAD]\n" + std::string(1025, 'x')),
            ":2: the word piece is longer than 1024 bytes");
  EXPECT_THROW(read_vocabulary("/nowhere/vocab.txt"), DataError);
}

}  // namespace
}  // namespace mae
