// Standard error, shared by log lines and the progress bar: a line that is printed while the bar is
// shown takes the bar away, prints, and puts it back.
#pragma once

#include <functional>
#include <mutex>
#include <string>

namespace mae::cli {

class Console {
 public:
  /// Where text goes; a parameter so that tests can read it.
  using Sink = std::function<void(const std::string&)>;

  Console(Sink sink, bool is_terminal, bool has_colour);
  /// Descriptor 2; colour on a terminal that is not dumb, unless NO_COLOR is set. Failed writes are
  /// ignored: there is nowhere left to report them.
  static Console standard_error();
  Console(Console&& other) noexcept;

  bool is_terminal() const { return is_terminal_; }
  bool has_colour() const { return has_colour_; }

  /// Prints one line (without its line break).
  void print_line(const std::string& text);
  /// Shows a line without a line break in place of the one before.
  void show_status(const std::string& text);
  void clear_status();

 private:
  Sink sink_;
  bool is_terminal_, has_colour_;
  std::string status_;
  std::mutex mutex_;
};

/// Writes everything to a descriptor, retrying short writes. Returns 0 or the errno of the failure.
int write_all(int descriptor, const std::string& text);

}  // namespace mae::cli
