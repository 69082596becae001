#include "mae/base/log.h"

#include "temporary_folder.h"

namespace mae {
namespace {

struct Lines {
  Lines() {
    set_log_sink([this](LogLevel level, const std::string& text) {
      lines.push_back((level == LogLevel::kWarning ? "W " : "d ") + text);
    });
  }
  ~Lines() { set_log_sink({}); }
  std::vector<std::string> lines;
};

TEST(LogRepeated, OneLineAKindAtTheEnd) {
  Lines shown;
  log_repeated("pictures warn", "b.jpg: odd");
  log_repeated("pictures warn", "a.jpg: odd");
  log_repeated("pictures warn", "b.jpg: odd");  // met again in the next epoch
  log_repeated("clips warn", "c.mp4: short");
  EXPECT_EQ(shown.lines, (std::vector<std::string>{"d b.jpg: odd", "d a.jpg: odd", "d b.jpg: odd",
                                                   "d c.mp4: short"}));
  shown.lines.clear();
  log_repeated_totals();
  EXPECT_EQ(shown.lines, (std::vector<std::string>{"W 1 clips warn; the first: c.mp4: short",
                                                   "W 2 pictures warn; the first: b.jpg: odd"}));
  shown.lines.clear();
  log_repeated_totals();
  EXPECT_TRUE(shown.lines.empty());
}

TEST(SilenceLog, NothingIsSaidAnyMore) {
  const int end = in_child([] {
    int lines = 0;
    set_log_sink([&](LogLevel, const std::string&) { ++lines; });
    silence_log_for_good();
    log_warning("x");
    log_repeated("x", "y");
    log_repeated_totals();
    return lines;
  });
  EXPECT_EQ(end, 0);
}

}  // namespace
}  // namespace mae
