#include "mae/cli/console.h"

#include <gtest/gtest.h>

namespace mae::cli {
namespace {

TEST(Console, ALineTakesTheStatusAwayAndPutsItBackInOneWrite) {
  std::vector<std::string> writes;
  Console console([&](const std::string& text) { writes.push_back(text); }, true, false);
  console.print_line("first");
  console.show_status("[==>  ]");
  console.print_line("warning");
  console.clear_status();
  console.print_line("last");
  EXPECT_EQ(writes, (std::vector<std::string>{"first\n", "\r\x1b[K[==>  ]",
                                              "\r\x1b[Kwarning\n[==>  ]", "\r\x1b[K", "last\n"}));
}

TEST(Console, ClearingNothingWritesNothing) {
  int writes = 0;
  Console console([&](const std::string&) { ++writes; }, true, false);
  console.clear_status();
  EXPECT_EQ(writes, 0);
}

}  // namespace
}  // namespace mae::cli
