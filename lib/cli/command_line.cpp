// CLI11 splits "--a=b", "-ab" and "-vq"; its own configuration files, environment and help are not
// used, because there configuration files beat the environment and its messages name types instead
// of what to do.
#include "mae/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "mae/base/error.h"
#include "mae/cli/suggestion.h"

namespace mae::cli {
namespace {

std::string declaration(const Option& option);
// CLI11 takes the next argument as the value of "--name="; an empty value is set aside before it
// sees it.
std::vector<std::string> take_empty_values(const OptionTable& options,
                                           const std::vector<std::string>& arguments,
                                           CommandLine* line);
[[noreturn]] void refuse_unknown(const OptionTable& options, const std::string& argument);
[[noreturn]] void refuse_mismatch(const OptionTable& options, const std::string& message);
bool looks_like_option(const std::string& argument);

}  // namespace

CommandLine parse_command_line(const OptionTable& options,
                               const std::vector<std::string>& arguments) {
  CommandLine line;
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  auto head = take_empty_values(options, {arguments.begin(), separator}, &line);
  std::reverse(head.begin(), head.end());  // CLI11 parses from the back

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::pair<const Option*, CLI::Option*>> declared;
  for (const Option& option : options.options()) {
    CLI::Option* added = nullptr;
    if (option.takes_value()) {
      added = app.add_option(declaration(option), [](const CLI::results_t&) { return true; });
    } else {
      added = app.add_flag(declaration(option));
    }
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    declared.emplace_back(&option, added);
  }
  try {
    app.parse(head);
  } catch (const CLI::ParseError& error) {
    refuse_mismatch(options, error.what());
  }
  for (const auto& [option, parsed] : declared) {
    Words& words = line.options[option->name];
    words.insert(words.end(), parsed->results().begin(), parsed->results().end());
    if (words.empty()) line.options.erase(option->name);
  }
  for (const std::string& extra : app.remaining()) {
    if (looks_like_option(extra)) refuse_unknown(options, extra);
    line.operands.push_back(extra);
  }
  line.before_separator = line.operands.size();
  if (separator != arguments.end()) {
    line.operands.insert(line.operands.end(), separator + 1, arguments.end());
  }
  return line;
}

std::string parser_version() { return CLI11_VERSION; }

namespace {

std::string declaration(const Option& option) {
  std::string text = option.letter ? std::string{'-', option.letter, ','} : "";
  text += "--" + option.name;
  if (!option.negation().empty()) text += ",!--" + option.negation();
  return text;
}

std::vector<std::string> take_empty_values(const OptionTable& options,
                                           const std::vector<std::string>& arguments,
                                           CommandLine* line) {
  std::vector<std::string> rest;
  for (const std::string& argument : arguments) {
    const bool is_empty = argument.size() > 3 && argument.rfind("--", 0) == 0 &&
                          argument.find('=') == argument.size() - 1;
    const Option* option =
        is_empty ? options.find(argument.substr(0, argument.size() - 1)) : nullptr;
    if (option != nullptr && option->takes_value()) {
      line->options[option->name] = {""};
    } else {
      rest.push_back(argument);
    }
  }
  return rest;
}

void refuse_unknown(const OptionTable& options, const std::string& argument) {
  const std::string given = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const Option& option : options.options()) {
    if (option.hidden) continue;
    names.push_back("--" + option.name);
    if (!option.negation().empty()) names.push_back("--" + option.negation());
  }
  const std::string hint = did_you_mean(given, names);
  throw UsageError("unknown option", given, hint.empty() ? "--help lists the options" : hint);
}

void refuse_mismatch(const OptionTable& options, const std::string& message) {
  const std::string name = message.substr(0, message.find(':'));
  const Option* option = options.find(name);
  if (option == nullptr) throw UsageError(message, "", "--help lists the options");
  if (!option->takes_value()) {
    throw UsageError("takes no value", "--" + option->name, "write --" + option->name + " alone");
  }
  throw UsageError("needs a value (" + option->metavar() + ")", "--" + option->name,
                   "write --" + option->name + " " + option->metavar());
}

bool looks_like_option(const std::string& argument) {
  if (argument.size() < 2 || argument[0] != '-') return false;
  return !(argument[1] >= '0' && argument[1] <= '9');
}

}  // namespace
}  // namespace mae::cli
