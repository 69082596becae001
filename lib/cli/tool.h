// The frame around every tool: options, help in two lengths, configuration files, environment,
// completion, man page text, logging, signals, and errors turned into one line and an exit code.
// CLI11 and spdlog live only in this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/progress.h"
#include "mae/base/size2d.h"

namespace mae::cli {

/// How an option is declared: once, for parsing, help, man page, completion and the recorded
/// configuration.
struct OptionSpec {
  std::string name;                    ///< "--mask-ratio" or "-o,--output"
  std::string meaning{};               ///< a sentence without a full stop
  std::string metavar{};               ///< "FILE", "N", "RATIO"; empty: derived from the type
  std::string group{};                 ///< heading in --help and the man page; empty: "Options"
  std::vector<std::string> choices{};  ///< allowed words; others are refused with the list
  bool required = false;
  bool affects_result =
      true;  ///< false: kept out of provenance (threads, progress, output name, logs)
  bool in_short_help = false;                                 ///< shown by -h
  double minimum = -std::numeric_limits<double>::infinity();  ///< numbers below are refused
  double maximum = std::numeric_limits<double>::infinity();   ///< numbers above are refused
};

/// One program. Declares options bound to the fields of a plain struct (their values are the
/// defaults), then run().
class Tool {
 public:
  /// `summary` is the one line of the man page's NAME: "choose which patches stay visible".
  Tool(std::string name, std::string summary);
  ~Tool();

  /// Two or more example command lines, the first two shown by -h.
  void examples(std::vector<std::string> lines);

  /// Operands. `at_least` of them are needed unless --files-from gives some.
  void add_operands(std::vector<std::string>* target, const std::string& metavar,
                    const std::string& meaning, int at_least = 1);
  /// One named operand (mae-convert IN OUT).
  void add_operand(std::string* target, const std::string& metavar, const std::string& meaning);
  /// The same for a name to write to, with --no-clobber and --if-changed.
  void add_output_operand(std::string* target, const std::string& metavar,
                          const std::string& meaning);

  void add_option(std::string* target, const OptionSpec& spec);
  void add_option(std::int64_t* target, const OptionSpec& spec);
  void add_option(int* target, const OptionSpec& spec);
  void add_option(double* target, const OptionSpec& spec);
  void add_option(std::vector<double>* target, const OptionSpec& spec);        ///< comma-separated
  void add_option(std::vector<std::int64_t>* target, const OptionSpec& spec);  ///< comma-separated
  void add_option(std::vector<std::string>* target, const OptionSpec& spec);   ///< may be repeated
  void add_option(Size2d* target, const OptionSpec& spec);  ///< "224" or "224x160" (height x width)
  /// --name switches on; --no-name switches off (so that a config file's choice can be undone).
  void add_switch(bool* target, const OptionSpec& spec);

  /// Standard pieces, the same name and meaning in every tool. Each is called by tools that need
  /// it.
  void add_output(std::string* target, const std::string& meaning,
                  bool required = true);  ///< -o/--output, --no-clobber, --if-changed
  void add_seed(std::int64_t* target);    ///< --seed
  void add_threads(int* target);          ///< -j/--threads, 0 = all cores
  /// --device, --dtype; `meaning` goes on where other types than these are among the choices
  void add_device(std::string* device, std::string* dtype,
                  std::vector<std::string> dtypes = {"float32", "bfloat16"},
                  const std::string& meaning = "");
  void add_batch_size(std::int64_t* target, bool affects_result = true);  ///< --batch-size
  void add_files_from();                 ///< --files-from FILE|- and -0: more operands
  void add_limit(std::int64_t* target);  ///< --limit N
  void add_picture_limits();             ///< --max-pixels and --strict, for tools that decode
  void add_on_error(bool* skip, std::string* rejects);  ///< --on-error fail|skip, --rejects FILE

  /// Whether --json, --dry-run, --no-clobber, --if-changed were given.
  bool json() const;
  bool dry_run() const;
  bool no_clobber() const;
  bool if_changed() const;
  /// Whether the user set this option on the command line, in the environment or in a config file.
  /// A config file's value that equals the default does not count, so that what --dump-config
  /// writes means the same when it is read back.
  bool given(const std::string& option) const;
  /// How many operands stood before the first "--"; all of them when there was none (mae-probe
  /// TRAIN... -- TEST...).
  std::size_t operands_before_separator() const;

  /// A line of `--version -v`: ("LibTorch", "2.11.0").
  void add_build_detail(const std::string& what, const std::string& version);

  /// The bar on standard error, as --progress says.
  Progress& progress();

  /// Prints one result to standard output: "key<TAB>value" lines, or one JSON object with --json.
  void report(const nlohmann::ordered_json& values);
  /// Prints a table: TSV with a header line, or a JSON array of objects with --json.
  void report_table(const std::vector<std::string>& columns,
                    const std::vector<std::vector<nlohmann::json>>& rows);
  /// Plain text to standard output, with a closed pipe ending the tool quietly.
  void print(const std::string& text);

  /// Parses, sets up logging and signals, records provenance, runs `job`, maps errors to exit
  /// codes. Returns the exit code.
  /// --help, --version, --completion, --dump-config and --man-options are answered here. With
  /// --dry-run `job` runs and must look at dry_run() before it writes.
  int run(int argc, char** argv, const std::function<void()>& job);

  /// run() as the last act of main: the process ends with its exit code, and the system takes back
  /// what libraries would tidy. LibTorch needs 0.1 s to forget its operators one by one.
  [[noreturn]] void run_and_leave(int argc, char** argv, const std::function<void()>& job);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mae::cli
