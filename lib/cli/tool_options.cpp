// Declaring: what a tool's main says before run(), and the options that are the same in every tool.
#include <algorithm>

#include "mae/base/error.h"
#include "mae/cli/option_value.h"
#include "mae/cli/tool_state.h"

namespace mae::cli {
namespace {

const char* const kOutputGroup = "Output";
const char* const kInputGroup = "Input";
const char* const kComputingGroup = "Computing";

// An option every tool has. `configurable` ones can be set in configuration files and the
// environment.
template <typename Target>
Option& add_standard(OptionTable& options, Target* target, OptionSpec spec, bool configurable) {
  spec.group = kStandardGroup;
  spec.affects_result = false;
  Option option = bind_value(target, spec);
  option.is_standard = true;
  option.configurable = configurable;
  return options.add(std::move(option));
}

// What to do about an output that exists.
void add_output_switches(StandardOptions* standard, OptionTable* options) {
  OptionSpec no_clobber = {"--no-clobber", "stop when the output exists already", "", kOutputGroup};
  no_clobber.affects_result = false;
  options->add(bind_value(&standard->no_clobber, no_clobber));
  OptionSpec if_changed = {
      "--if-changed",
      "do nothing when the output exists and its provenance records the same program, "
      "version, options, seed and inputs as this run would",
      "", kOutputGroup};
  if_changed.affects_result = false;
  options->add(bind_value(&standard->if_changed, if_changed));
}

}  // namespace

void add_standard_options(OptionTable& options, StandardOptions* standard) {
  add_standard(options, &standard->quiet, {"-q,--quiet", "print only warnings and errors"}, true);
  add_standard(options, &standard->verbose, {"-v,--verbose", "print more about what is done"},
               true);
  add_standard(options, &standard->log_file,
               {"--log-file", "also append log lines, with their times, to FILE", "FILE"}, true);
  OptionSpec progress = {
      "--progress",
      "show progress on standard error; auto: a bar on a terminal, else a line now and then",
      "WHEN"};
  progress.choices = {"auto", "always", "never", "json"};
  add_standard(options, &standard->progress, progress, true);
  add_standard(options, &standard->input.untrusted,
               {"--untrusted",
                "the inputs are a stranger's: decode pictures, and read shards and checkpoints "
                "through once, in a process that has no files, network or privileges"},
               true);
  add_standard(options, &standard->json, {"--json", "print results as JSON"}, true);
  add_standard(options, &standard->config, {"--config", "read options from a TOML file", "FILE"},
               false);
  add_standard(
      options, &standard->dump_config,
      {"--dump-config", "print the effective options as TOML that --config reads, and stop"},
      false);
  add_standard(
      options, &standard->dry_run,
      {"--dry-run", "check options and inputs and say what would be done, but write nothing"},
      false);
  add_standard(options, &standard->short_help, {"-h,--short-help", "print the help of one screen"},
               false)
      .hidden = true;
  add_standard(options, &standard->long_help,
               {"--help", "print this help with all options; -h prints one screen"}, false);
  add_standard(options, &standard->version,
               {"--version", "print the version; with -v also how it was built"}, false);
  OptionSpec completion = {"--completion", "print a completion script for a shell", "SHELL"};
  completion.choices = {"bash", "zsh", "fish"};
  add_standard(options, &standard->completion, completion, false);
  add_standard(options, &standard->man_options,
               {"--man-options", "print the OPTIONS section of the man page"}, false)
      .hidden = true;
}

void Tool::examples(std::vector<std::string> lines) { state_->program.examples = std::move(lines); }

void Tool::add_operands(std::vector<std::string>* target, const std::string& metavar,
                        const std::string& meaning, int at_least) {
  state_->program.operands.push_back({metavar, meaning, at_least, true, false});
  state_->listed_operands = target;
}

void Tool::add_operand(std::string* target, const std::string& metavar,
                       const std::string& meaning) {
  state_->program.operands.push_back({metavar, meaning, 1, false, false});
  state_->named_operands.push_back(target);
}

void Tool::add_output_operand(std::string* target, const std::string& metavar,
                              const std::string& meaning) {
  add_operand(target, metavar, meaning);
  state_->program.operands.back().is_output = true;
  add_output_switches(&state_->standard, &state_->program.options);
}

void Tool::add_option(std::string* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_option(std::int64_t* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_option(int* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_option(double* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_option(std::vector<double>* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_option(std::vector<std::int64_t>* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_option(std::vector<std::string>* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_option(Size2d* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}
void Tool::add_switch(bool* target, const OptionSpec& spec) {
  state_->program.options.add(bind_value(target, spec));
}

void Tool::add_output(std::string* target, const std::string& meaning, bool required) {
  OptionSpec output = {"-o,--output", meaning, "FILE", kOutputGroup};
  output.required = required;
  output.affects_result = false;
  output.in_short_help = true;
  add_option(target, output);
  add_output_switches(&state_->standard, &state_->program.options);
}

void Tool::add_seed(std::int64_t* target) {
  state_->seed = target;
  OptionSpec spec = {"--seed", "number that every random choice is derived from", "N",
                     kComputingGroup};
  spec.in_short_help = true;
  add_option(target, spec);
}

void Tool::add_threads(int* target) {
  state_->threads = target;
  OptionSpec spec = {"-j,--threads", "threads to compute with, 0 for all cores", "N",
                     kComputingGroup};
  spec.affects_result = false;
  spec.minimum = 0;
  add_option(target, spec);
}

void Tool::add_device(std::string* device, std::string* dtype, std::vector<std::string> dtypes,
                      const std::string& meaning) {
  state_->device = device;
  OptionSpec where = {"--device", "where to compute: cpu, cuda or cuda:N", "DEVICE",
                      kComputingGroup};
  where.in_short_help = true;
  add_option(device, where);
  OptionSpec precision = {"--dtype", "number type of the model's arithmetic" + meaning, "TYPE",
                          kComputingGroup};
  precision.choices = std::move(dtypes);
  add_option(dtype, precision);
}

void Tool::add_batch_size(std::int64_t* target, bool affects_result) {
  OptionSpec spec = {"--batch-size", "samples computed at once", "N", kComputingGroup};
  spec.affects_result = affects_result;
  spec.minimum = 1;
  add_option(target, spec);
}

void Tool::add_files_from() {
  add_option(&state_->standard.files_from,
             {"--files-from", "read more operands from FILE, one a line; - is standard input",
              "FILE", kInputGroup});
  add_switch(
      &state_->standard.null_separated,
      {"-0,--null", "names in --files-from end with a zero byte, as find -print0 writes them", "",
       kInputGroup});
}

void Tool::add_limit(std::int64_t* target) {
  OptionSpec spec = {"--limit", "use only the first N samples, 0 for all", "N", kInputGroup};
  spec.minimum = 0;
  add_option(target, spec);
}

void Tool::add_picture_limits() {
  InputPolicy& policy = state_->standard.input;
  OptionSpec pixels = {"--max-pixels", "refuse pictures of more pixels, from their header alone",
                       "N", kInputGroup};
  pixels.minimum = 1;
  add_option(&policy.max_pixels, pixels);
  add_switch(&policy.strict, {"--strict",
                              "refuse pictures that make their decoder warn; without it they are "
                              "counted, and listed with -v",
                              "", kInputGroup});
}

void Tool::add_on_error(bool* skip, std::string* rejects) {
  state_->skips_errors = skip;
  state_->standard.on_error = *skip ? "skip" : "fail";
  OptionSpec on_error = {"--on-error",
                         "what to do with an input that cannot be read; skip exits with 1",
                         "ACTION", kInputGroup};
  on_error.choices = {"fail", "skip"};
  add_option(&state_->standard.on_error, on_error);
  OptionSpec list = {"--rejects", "write path and reason of each skipped input to FILE", "FILE",
                     kInputGroup};
  list.affects_result = false;
  add_option(rejects, list);
}

void Tool::add_build_detail(const std::string& what, const std::string& version) {
  state_->build_details.emplace_back(what, version);
}

void check_device(const std::string& device) {
  const bool has_number =
      device.rfind("cuda:", 0) == 0 && device.size() > 5 && device.size() < 9 &&
      std::all_of(device.begin() + 5, device.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (device == "cpu" || device == "cuda" || has_number) return;
  throw UsageError("expected cpu, cuda or cuda:N, got \"" + device + "\"", "--device");
}

}  // namespace mae::cli
