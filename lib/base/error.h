// The errors of the toolkit and the exit code each one becomes. Thrown by the library, caught once,
// in cli/tool.cpp.
#pragma once

#include <stdexcept>
#include <string>

namespace mae {

/// Base of every error a user can meet. `what` says what is wrong ("expected X, got Y"), `where`
/// names the file, dataset, sample or option ("train.h5:/mask"; may be empty), `hint` says how to
/// fix it (may be empty). Shown as `mae-encode: error: WHERE: WHAT` and, on the next line, `hint:
/// HINT`.
class Error : public std::runtime_error {
 public:
  Error(int exit_code, std::string what, std::string where, std::string hint);

  int exit_code() const { return exit_code_; }
  const std::string& where() const { return where_; }
  const std::string& hint() const { return hint_; }
  /// "WHERE: WHAT" without the hint, on one line: line breaks and control characters inside are
  /// escaped.
  std::string line() const;

 private:
  int exit_code_;
  std::string where_, hint_;
};

/// Finished, but the answer is no or some inputs were skipped. Exit 1.
struct PartialError : Error {
  explicit PartialError(std::string what, std::string where = "", std::string hint = "");
};
/// An option, a configuration value or a combination of them is wrong. Exit 2.
struct UsageError : Error {
  explicit UsageError(std::string what, std::string where = "", std::string hint = "");
};
/// An input is missing, damaged, of the wrong version or shape. Exit 3.
struct DataError : Error {
  explicit DataError(std::string what, std::string where = "", std::string hint = "");
};
/// Disk, memory, device or a peer process failed. Exit 4.
struct ResourceError : Error {
  explicit ResourceError(std::string what, std::string where = "", std::string hint = "");
};
/// A loss, gradient or weight is not finite. Exit 5.
struct NumericError : Error {
  explicit NumericError(std::string what, std::string where = "", std::string hint = "");
};
/// SIGINT (exit 130) or SIGTERM (exit 143) arrived; work is saved, nothing half-written is left.
struct Interrupted : Error {
  explicit Interrupted(int signal_number);
};
/// Whoever read our standard output has gone (`| head`). Not a failure: the tool ends quietly with
/// exit 0.
struct ClosedPipe : Error {
  ClosedPipe();
};

/// Escapes control characters so that a hostile file name cannot forge log lines or drive a
/// terminal.
std::string printable(const std::string& text);

/// The words of an errno value: "no space left on device". Safe to call from several threads.
std::string system_reason(int error_number);

}  // namespace mae
