#include "mae/cli/help_text.h"

#include <algorithm>
#include <cctype>

#include "mae/cli/text_layout.h"

namespace mae::cli {
namespace {

constexpr int kMeaningColumn = 28;  // where descriptions start

std::string header(const Program& program, int width);
std::string as_sentence(std::string words);
std::string entry(const std::string& heading, const std::string& description, int width);
std::string option_entry(const Option& option, const std::string& description, int width);
std::string examples(const Program& program, size_t most);

}  // namespace

std::string short_help(const Program& program, int width) {
  std::string text = header(program, width) + "\n";
  for (const Option& option : program.options.options()) {
    if (option.is_standard || option.hidden) continue;
    if (!option.spec.in_short_help && !option.spec.required) continue;
    text += option_entry(option, short_description(option), width);
  }
  text += entry("  -h, --help", "this page; everything, with all options", width);
  return text + examples(program, 2);
}

std::string long_help(const Program& program, int width) {
  std::string text = header(program, width);
  if (!program.operands.empty()) text += "\nOperands:\n";
  for (const OperandSpec& operand : program.operands) {
    text += entry("  " + operand.metavar, operand.meaning, width);
  }
  for (const std::string& group : program.options.groups()) {
    text += "\n" + group + ":\n";
    for (const Option& option : program.options.options()) {
      if (option.spec.group == group && !option.hidden) {
        text += option_entry(option, option_description(option), width);
      }
    }
  }
  text +=
      "\n" +
      wrap(
          "Options can also be set by MAE_* variables (MAE_MASK_RATIO for --mask-ratio) and by "
          "name in a --config file; the command line is strongest, then the environment, then the "
          "file. --no-NAME turns off a switch that one of these turned on.",
          width, 0, 0) +
      "\n";
  text += examples(program, program.examples.size());
  return text + "\nFull documentation: man " + program.name + "\n";
}

namespace {

std::string header(const Program& program, int width) {
  const std::string usage = "usage: " + program.name + " ";
  const int indent = static_cast<int>(usage.size());
  return usage + wrap(program.synopsis(), width, indent, indent) + "\n" +
         wrap(as_sentence(program.summary), width, 0, 0) + "\n";
}

std::string as_sentence(std::string words) {
  if (words.empty()) return words;
  words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return words.back() == '.' ? words : words + ".";
}

std::string entry(const std::string& heading, const std::string& description, int width) {
  // On a narrow terminal a fixed column would leave no room for words.
  const int column = std::min(kMeaningColumn, width / 2);
  std::string text = heading;
  if (static_cast<int>(heading.size()) + 1 > column) {
    text += "\n" + std::string(static_cast<size_t>(column), ' ');
  } else {
    text.resize(static_cast<size_t>(column), ' ');
  }
  return text + wrap(description, width, column, column) + "\n";
}

std::string option_entry(const Option& option, const std::string& description, int width) {
  const std::string lead = option.letter ? "  " : "      ";
  return entry(lead + option_heading(option), description, width);
}

std::string examples(const Program& program, size_t most) {
  if (program.examples.empty()) return "";
  std::string text = "\nExamples:\n";
  for (size_t i = 0; i < std::min(most, program.examples.size()); ++i) {
    text += "  " + program.examples[i] + "\n";
  }
  return text;
}

}  // namespace
}  // namespace mae::cli
