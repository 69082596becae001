#include "mae/base/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>

#include "mae/base/error.h"
#include "temporary_folder.h"

namespace mae {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.line();
  }
  return "no error";
}

// Runs `body` with standard input fed from a file.
template <typename Body>
int with_standard_input(const std::string& path, Body body) {
  return in_child([&] {
    const int descriptor = ::open(path.c_str(), O_RDONLY);
    ::dup2(descriptor, 0);
    return body();
  });
}

TEST(ReadFile, GivesAllBytes) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\n", 4);
  put_bytes(folder / "f", bytes);
  EXPECT_EQ(read_file(folder / "f"), bytes);
  EXPECT_EQ(read_file(folder / "f", 4), bytes);
  put_bytes(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty"), "");
}

TEST(ReadFile, SaysWhyNot) {
  const TemporaryFolder folder;
  put_bytes(folder / "five", "12345");
  EXPECT_EQ(message_of([&] { read_file(folder / "none"); }), folder / "none" + ": no such file");
  EXPECT_EQ(message_of([&] { read_file(folder.path()); }),
            folder.path() + ": is a folder, expected a file");
  EXPECT_EQ(message_of([&] { read_file(folder / "five", 4); }),
            folder / "five" + ": is too large: 5 bytes, at most 4 are read");
  EXPECT_NE(message_of([&] { read_file("/dev/zero"); }).find("is a device"), std::string::npos);
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_NE(message_of([&] { read_file(folder / "fifo"); }).find("is a FIFO"), std::string::npos);
  EXPECT_THROW(read_file(""), DataError);
}

TEST(InputFile, NamesWhereATruncatedFileEnds) {
  const TemporaryFolder folder;
  put_bytes(folder / "f", "12345");
  const InputFile file(folder / "f");
  char out[8];
  file.read_exactly(1, out, 4);
  EXPECT_EQ(std::string(out, 4), "2345");
  EXPECT_NE(message_of([&] {
              file.read_exactly(2, out, 8);
            }).find("ends at byte 5, expected at least 10"),
            std::string::npos);
}

TEST(ReadStandardInput, StopsAtTheLimit) {
  const TemporaryFolder folder;
  const std::string bytes(200000, 'q');
  put_bytes(folder / "in", bytes);
  EXPECT_EQ(with_standard_input(folder / "in",
                                [&] { return read_standard_input(200000) == bytes ? 0 : 1; }),
            0);
  EXPECT_EQ(with_standard_input(folder / "in",
                                [&] {
                                  try {
                                    read_standard_input(199999);
                                  } catch (const DataError&) {
                                    return 3;
                                  }
                                  return 0;
                                }),
            3);
}

}  // namespace
}  // namespace mae
