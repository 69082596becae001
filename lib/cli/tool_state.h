// What a Tool holds between declarations and run(); shared by tool.cpp (running) and
// tool_options.cpp (declaring).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mae/base/input_policy.h"
#include "mae/cli/command_line.h"
#include "mae/cli/console.h"
#include "mae/cli/log_setup.h"
#include "mae/cli/program.h"
#include "mae/cli/progress_bar.h"
#include "mae/cli/tool.h"

namespace mae::cli {

/// Options that every tool has; their defaults.
struct StandardOptions {
  bool quiet = false, verbose = false, json = false, dry_run = false;
  std::string log_file, progress = "auto", config;
  bool dump_config = false, short_help = false, long_help = false, version = false,
       man_options = false;
  std::string completion;
  bool no_clobber = false, if_changed = false;  // with add_output
  std::string files_from;                       // with add_files_from
  bool null_separated = false;
  std::string on_error = "fail";       // with add_on_error
  InputPolicy input = input_policy();  // --untrusted; max_pixels and strict with add_picture_limits
};

struct Tool::State {
  State(const std::string& name, const std::string& summary);

  /// Answers what can be answered without a job (--help, --version, --dump-config, ...) and returns
  /// true, or gives every option and operand its value, sets up logging and provenance, and returns
  /// false.
  bool prepare(const std::vector<std::string>& arguments);
  /// Calls `action`; every exception becomes one line on standard error and an exit code.
  int guarded(const std::function<void()>& action);

  Program program;
  StandardOptions standard;
  std::vector<std::string*> named_operands;  // in order; listed operands come after them
  std::vector<std::string>* listed_operands = nullptr;
  std::size_t before_separator = 0;
  std::int64_t* seed = nullptr;
  int* threads = nullptr;
  std::string* device = nullptr;
  bool* skips_errors = nullptr;
  std::vector<std::pair<std::string, std::string>> build_details;

  Console console;
  ToolLog log;
  std::unique_ptr<Progress> progress;

 private:
  bool answer_about(const CommandLine& line, const std::vector<std::string>& arguments) const;
  void set_up_log();
  /// Distributes operands over their targets, with those of --files-from.
  void take_operands(const CommandLine& line);
  /// What follows from the values of standard options: all cores for 0 threads, skipping for
  /// --on-error skip.
  void resolve_standard_options();
  int fail(int exit_code, const std::string& line, const std::string& hint);
};

/// Declares -q, -v, --log-file and the others of StandardOptions that every tool has.
void add_standard_options(OptionTable& options, StandardOptions* standard);

/// Refuses device names other than cpu, cuda and cuda:N. throws UsageError
void check_device(const std::string& device);

}  // namespace mae::cli
