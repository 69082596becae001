#include "mae/cli/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mae::cli {
namespace {

const char* const kClearLine = "\r\x1b[K";

}  // namespace

Console::Console(Sink sink, bool is_terminal, bool has_colour)
    : sink_(std::move(sink)), is_terminal_(is_terminal), has_colour_(has_colour) {}

Console::Console(Console&& other) noexcept
    : sink_(std::move(other.sink_)),
      is_terminal_(other.is_terminal_),
      has_colour_(other.has_colour_),
      status_(std::move(other.status_)) {}

Console Console::standard_error() {
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::strcmp(terminal, "dumb") == 0;
  const bool has_colour = is_terminal && !is_dumb && (no_colour == nullptr || *no_colour == '\0');
  return Console([](const std::string& text) { (void)write_all(STDERR_FILENO, text); }, is_terminal,
                 has_colour);
}

void Console::print_line(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // One write for all of it, so that lines of several processes do not mix.
  sink_(status_.empty() ? text + "\n" : kClearLine + text + "\n" + status_);
}

void Console::show_status(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sink_(kClearLine + text);
  status_ = text;
}

void Console::clear_status() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!status_.empty()) sink_(kClearLine);
  status_.clear();
}

int write_all(int descriptor, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    done += static_cast<size_t>(written);
  }
  return 0;
}

}  // namespace mae::cli
