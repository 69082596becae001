// Running: questions about the tool are answered, settings gathered, the job called, and every
// failure becomes one line on standard error and an exit code.
#include "mae/cli/tool.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/base/parallel.h"
#include "mae/base/sandbox.h"
#include "mae/base/sanitized.h"
#include "mae/base/version.h"
#include "mae/cli/completion.h"
#include "mae/cli/files_from.h"
#include "mae/cli/help_text.h"
#include "mae/cli/man_options.h"
#include "mae/cli/result_printer.h"
#include "mae/cli/settings.h"
#include "mae/cli/text_layout.h"
#include "mae/cli/tool_state.h"

namespace mae::cli {
namespace {

// A mistake of ours has no exit code of its own; 4 tells scripts that neither the usage nor the
// input was at fault.
constexpr int kInternalErrorExit = 4;
constexpr int kOutOfMemoryExit = 4;
constexpr int kWidestHelp = 100;

std::string version_text(const Program& program, bool with_details,
                         const std::vector<std::pair<std::string, std::string>>& details);
// Whether one of the words stands among the options (before "--").
bool contains(const std::vector<std::string>& arguments, const std::string& word);
std::string first_line(const std::string& text);

}  // namespace

Tool::State::State(const std::string& name, const std::string& summary)
    : console(Console::standard_error()), log(name, &console) {
  program.name = name;
  program.summary = summary;
  add_standard_options(program.options, &standard);
}

Tool::Tool(std::string name, std::string summary)
    : state_(std::make_unique<State>(name, summary)) {}

Tool::~Tool() = default;

bool Tool::json() const { return state_->standard.json; }
bool Tool::dry_run() const { return state_->standard.dry_run; }
bool Tool::no_clobber() const { return state_->standard.no_clobber; }
bool Tool::if_changed() const { return state_->standard.if_changed; }
std::size_t Tool::operands_before_separator() const { return state_->before_separator; }

bool Tool::given(const std::string& option) const {
  const Option* found = state_->program.options.find(option);
  return found != nullptr && found->is_set();
}

Progress& Tool::progress() {
  if (!state_->progress) {
    state_->progress = make_progress_bar(&state_->console, state_->program.name, "never");
  }
  return *state_->progress;
}

void Tool::report(const nlohmann::ordered_json& values) {
  write_standard_output(report_text(values, json()));
}

void Tool::report_table(const std::vector<std::string>& columns,
                        const std::vector<std::vector<nlohmann::json>>& rows) {
  write_standard_output(table_text(columns, rows, json()));
}

void Tool::print(const std::string& text) { write_standard_output(text); }

int Tool::run(int argc, char** argv, const std::function<void()>& job) {
  protect_standard_descriptors();
  install_signal_handlers();
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  return state_->guarded([&] {
    if (!state_->prepare(arguments)) {
      set_input_policy(state_->standard.input);
      job();
      state_->progress->end();
      log_repeated_totals();
    }
    finish_standard_output();
  });
}

void Tool::run_and_leave(int argc, char** argv, const std::function<void()>& job) {
  const int exit_code = run(argc, argv, job);
  state_.reset();  // the last lines of log and console
  std::fflush(nullptr);
  if (kSanitized) std::exit(exit_code);  // leaks are reported at an orderly end
  ::_exit(exit_code);
}

bool Tool::State::prepare(const std::vector<std::string>& arguments) {
  // Help comes first, so that it helps even beside a wrong option.
  const int width = std::min(terminal_width(STDOUT_FILENO), kWidestHelp);
  const bool wants_all = contains(arguments, "--help");
  if (wants_all || contains(arguments, "-h")) {
    write_standard_output(wants_all ? long_help(program, width) : short_help(program, width));
    return true;
  }
  const CommandLine line = parse_command_line(program.options, arguments);
  if (answer_about(line, arguments)) return true;

  std::map<std::string, ConfiguredValue> configured;
  const auto config = line.options.find("config");
  if (config != line.options.end()) {
    const std::string& path = config->second.back();
    const bool is_stdin = path == "-";
    configured =
        read_config(program, is_stdin ? read_standard_input(kMaxInputBytes) : read_file(path),
                    is_stdin ? "standard input" : path);
  }
  apply_settings(program.options, line, configured, process_environment());
  set_up_log();
  if (standard.dump_config) {
    write_standard_output(dump_config(program));
    return true;
  }
  take_operands(line);
  check_required(program);
  set_process_provenance(recorded_settings(program, line.operands, seed == nullptr ? 0 : *seed));
  resolve_standard_options();
  return false;
}

int Tool::State::guarded(const std::function<void()>& action) {
  try {
    action();
    return 0;
  } catch (const ClosedPipe&) {
    console.clear_status();
    return 0;
  } catch (const Error& error) {
    return fail(error.exit_code(), error.line(), error.hint());
  } catch (const std::bad_alloc&) {
    return fail(kOutOfMemoryExit, "out of memory", "use smaller batches or fewer threads");
  } catch (const std::exception& error) {
    return fail(
        kInternalErrorExit, "internal error: " + printable(first_line(error.what())),
        "this is a mistake in " + program.name + "; please report it with the command line");
  }
}

int Tool::State::fail(int exit_code, const std::string& line, const std::string& hint) {
  console.clear_status();
  log_repeated_totals();
  log.error(line, hint);
  return exit_code;
}

bool Tool::State::answer_about(const CommandLine& line,
                               const std::vector<std::string>& arguments) const {
  const auto words = [&line](const char* name) {
    const auto found = line.options.find(name);
    return found == line.options.end() ? std::string() : found->second.back();
  };
  if (words("version") == "true") {
    const bool with_details = words("verbose") == "true" || contains(arguments, "-v");
    write_standard_output(version_text(program, with_details, build_details));
    return true;
  }
  if (line.options.count("completion") != 0) {
    const Option& option = *program.options.find("completion");
    const std::string shell = words("completion");
    const auto& shells = option.spec.choices;
    if (std::find(shells.begin(), shells.end(), shell) == shells.end()) {
      throw UsageError("expected bash, zsh or fish, got \"" + shell + "\"", "--completion");
    }
    write_standard_output(tool_completion(program, shell));
    return true;
  }
  if (words("man-options") == "true") {
    write_standard_output(man_options(program));
    return true;
  }
  return false;
}

void Tool::State::set_up_log() {
  if (standard.quiet) log.set_level(LogLevel::kWarning);
  if (standard.verbose) log.set_level(LogLevel::kDebug);
  if (!standard.log_file.empty()) log.add_file(standard.log_file);
  const bool is_silent = standard.quiet && standard.progress == "auto";
  progress = make_progress_bar(&console, program.name, is_silent ? "never" : standard.progress);
}

void Tool::State::take_operands(const CommandLine& line) {
  const std::string usage = "usage: " + program.name + " " + program.synopsis();
  const size_t named = named_operands.size();
  if (line.operands.size() < named) {
    throw UsageError("missing operand " + program.operands[line.operands.size()].metavar, "",
                     usage);
  }
  for (size_t i = 0; i < named; ++i) *named_operands[i] = line.operands[i];
  std::vector<std::string> rest(line.operands.begin() + static_cast<std::ptrdiff_t>(named),
                                line.operands.end());
  before_separator = std::max(line.before_separator, named) - named;
  if (listed_operands == nullptr) {
    if (!rest.empty()) throw UsageError("unexpected operand \"" + rest.front() + "\"", "", usage);
    return;
  }
  if (!standard.files_from.empty()) {
    for (std::string& name : read_file_list(standard.files_from, standard.null_separated)) {
      rest.push_back(std::move(name));
    }
  }
  const OperandSpec& spec = program.operands.back();
  if (static_cast<int>(rest.size()) < spec.at_least) {
    throw UsageError("missing operand " + spec.metavar + " (" + spec.meaning + ")", "", usage);
  }
  *listed_operands = std::move(rest);
}

void Tool::State::resolve_standard_options() {
  if (device != nullptr) check_device(*device);
  if (threads != nullptr && *threads == 0) *threads = available_cores();
  if (skips_errors != nullptr) *skips_errors = standard.on_error == "skip";
}

namespace {

std::string version_text(const Program& program, bool with_details,
                         const std::vector<std::pair<std::string, std::string>>& details) {
  std::string text = program.name + " " + version() + "\n";
  if (!with_details) return text;
  text += std::string("compiler: ") + __VERSION__ + "\n";
  text += "C++ standard: " + std::to_string(__cplusplus / 100 % 100) + "\n";
  text += "sandbox: " + sandbox_description() + "\n";
  text += "CLI11: " + parser_version() + "\nspdlog: " + logger_version() + "\n";
  for (const auto& [what, number] : details) text += what + ": " + number + "\n";
  return text;
}

bool contains(const std::vector<std::string>& arguments, const std::string& word) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, word) != end;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace
}  // namespace mae::cli
