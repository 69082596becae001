// The pieces of text that more than one kind of help shows.
#include "mae/cli/program.h"

#include <cmath>

#include "mae/cli/option_value.h"

namespace mae::cli {
namespace {

std::string bounds_text(const OptionSpec& spec);

}  // namespace

std::string Program::synopsis() const {
  std::string text = "[OPTION]...";
  for (const OperandSpec& operand : operands) {
    const std::string shown = operand.metavar + (operand.repeats ? "..." : "");
    text += operand.at_least > 0 ? " " + shown : " [" + shown + "]";
  }
  for (const Option& option : options.options()) {
    if (!option.spec.required) continue;
    const std::string flag = option.letter ? std::string{'-', option.letter} : "--" + option.name;
    text += " " + flag + " " + option.metavar();
  }
  return text;
}

std::string option_heading(const Option& option) {
  std::string text = option.letter ? std::string{'-', option.letter} + ", " : "";
  if (option.shows_negation()) {
    text += "--[no-]" + option.name;
  } else {
    text += "--" + option.name;
  }
  const std::string metavar = option.metavar();
  return metavar.empty() ? text : text + " " + metavar;
}

std::string option_description(const Option& option) {
  std::string text = option.spec.meaning;
  std::string notes;
  const auto note = [&notes](const std::string& words) {
    notes += (notes.empty() ? "" : "; ") + words;
  };
  if (!option.spec.choices.empty() && !option.spec.metavar.empty()) {
    std::string choices;
    for (const std::string& choice : option.spec.choices) {
      choices += (choices.empty() ? "" : ", ") + choice;
    }
    note("one of " + choices);
  }
  const std::string bounds = bounds_text(option.spec);
  if (!bounds.empty()) note(bounds);
  if (option.kind == ValueKind::kTexts) note("may be repeated");
  if (option.spec.required) note("required");
  const std::string value = option.default_text();
  if (!value.empty()) note("default: " + value);
  return notes.empty() ? text : text + " (" + notes + ")";
}

std::string short_description(const Option& option) {
  const std::string value = option.default_text();
  return option.spec.meaning + (value.empty() ? "" : " (default: " + value + ")");
}

namespace {

std::string bounds_text(const OptionSpec& spec) {
  const bool has_minimum = std::isfinite(spec.minimum), has_maximum = std::isfinite(spec.maximum);
  if (has_minimum && has_maximum) {
    return number_word(spec.minimum) + " to " + number_word(spec.maximum);
  }
  // "At least 0" or "at least 1" goes without saying for counts; it would only make help longer.
  if (has_minimum && spec.minimum > 1) return "at least " + number_word(spec.minimum);
  if (has_maximum) return "at most " + number_word(spec.maximum);
  return "";
}

}  // namespace
}  // namespace mae::cli
