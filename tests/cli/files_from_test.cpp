#include "mae/cli/files_from.h"

#include <gtest/gtest.h>

namespace mae::cli {
namespace {

using Names = std::vector<std::string>;

TEST(SplitFileList, TakesOneNameALine) {
  EXPECT_EQ(split_file_list("a b.png\n\nc.png\r\nlast", false),
            (Names{"a b.png", "c.png", "last"}));
  EXPECT_TRUE(split_file_list("\n\n", false).empty());
}

TEST(SplitFileList, ZeroBytesAllowLineBreaksInNames) {
  EXPECT_EQ(split_file_list(std::string("a\nb\0c\r\0", 6), true), (Names{"a\nb", "c\r"}));
}

}  // namespace
}  // namespace mae::cli
