// Connects the library's log to standard error and to a log file; spdlog is used here and nowhere
// else.
#pragma once

#include <memory>
#include <string>

#include "mae/base/log.h"
#include "mae/cli/console.h"

namespace mae::cli {

/// Takes the library's log for as long as it lives.
class ToolLog {
 public:
  /// name     put before every line: "mae-mask: reading 12 shards"
  /// console  must outlive this
  ToolLog(std::string name, Console* console);
  ~ToolLog();

  /// Lines below this level are not shown on standard error (the log file keeps all).
  void set_level(LogLevel level);
  /// Also appends every line, with time and level, to a file. throws ResourceError
  void add_file(const std::string& path);
  /// "mae-mask: error: ..." and "hint: ...", to all sinks whatever the level. The hint may be
  /// empty.
  void error(const std::string& line, const std::string& hint);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// spdlog's number, for --version -v.
std::string logger_version();

}  // namespace mae::cli
