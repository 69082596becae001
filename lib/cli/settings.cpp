#include "mae/cli/settings.h"

#include <cstdlib>

#include "mae/base/error.h"
#include "mae/base/version.h"
#include "mae/cli/option_value.h"

namespace mae::cli {
namespace {

void assign(Option& option, const Words& words, Source source, const std::string& where);
// An option that is not a list may be repeated on the command line; the last one counts.
Words effective_words(const Option& option, const Words& given);

}  // namespace

void apply_settings(OptionTable& options, const CommandLine& line,
                    const std::map<std::string, ConfiguredValue>& config,
                    const Environment& environment) {
  for (Option& option : options.options()) {
    const auto given = line.options.find(option.name);
    if (given != line.options.end()) {
      const Words words = effective_words(option, given->second);
      assign(option, words, Source::kCommandLine, "--" + option.name);
      continue;
    }
    if (!option.configurable) continue;
    const std::string variable = option.environment_name();
    if (const auto value = environment(variable)) {
      assign(option, {*value}, Source::kEnvironment, variable);
      continue;
    }
    const auto configured = config.find(option.name);
    // A value equal to the default stays a default: a dumped configuration must not turn "from the
    // model" into "given".
    if (configured == config.end() || configured->second.words == option.default_words) continue;
    assign(option, configured->second.words, Source::kConfigFile, configured->second.where);
    if (option.words() == option.default_words) option.source = Source::kDefault;
  }
}

void check_required(const Program& program) {
  for (const Option& option : program.options.options()) {
    if (!option.spec.required || option.is_set()) continue;
    throw UsageError("is required (" + option.spec.meaning + ")", "--" + option.name,
                     "usage: " + program.name + " " + program.synopsis());
  }
}

Provenance recorded_settings(const Program& program, const std::vector<std::string>& operands,
                             std::int64_t seed) {
  Provenance record;
  record.program = program.name;
  record.version = version();
  record.seed = seed;
  record.config = nlohmann::json::object();
  for (const Option& option : program.options.options()) {
    if (!option.spec.affects_result) continue;
    record.config[option.name] = option.value();
    if (!option.is_set()) continue;
    if (option.takes_value()) {
      record.arguments.push_back("--" + option.name + "=" + option.value_text());
    } else {
      const bool is_on = option.words() == Words{"true"};
      record.arguments.push_back("--" + (is_on ? option.name : option.negation()));
    }
  }
  for (size_t i = 0; i < operands.size(); ++i) {
    const bool is_output = i < program.operands.size() && program.operands[i].is_output;
    if (!is_output) record.arguments.push_back(operands[i]);
  }
  return record;
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

namespace {

void assign(Option& option, const Words& words, Source source, const std::string& where) {
  try {
    option.assign(words);
  } catch (const UsageError& error) {
    throw UsageError(error.what(), where, error.hint());
  }
  option.source = source;
}

Words effective_words(const Option& option, const Words& given) {
  return option.kind == ValueKind::kTexts ? given : Words{given.back()};
}

}  // namespace
}  // namespace mae::cli
