// Conversions are one function per type; bind_value wraps each for the table.
#include "mae/cli/option_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "mae/base/error.h"
#include "mae/cli/suggestion.h"

namespace mae::cli {
namespace {

std::string quoted(const std::string& word) { return "\"" + word + "\""; }

void check_choice(const OptionSpec& spec, const std::string& word);
double check_range(const OptionSpec& spec, double value, const std::string& word);
int64_t checked_integer(const OptionSpec& spec, const std::string& word);

// Words of a list option: given once with commas, or as separate words by a configuration file's
// array.
Words list_items(const Words& words);

template <typename Target, typename FromWord, typename ToWord>
Option scalar(Target* target, const OptionSpec& spec, ValueKind kind, FromWord from_word,
              ToWord to_word) {
  Option option;
  option.spec = spec;
  option.kind = kind;
  option.assign = [=](const Words& words) {
    if (words.size() != 1) {
      throw UsageError("takes one value, got " + std::to_string(words.size()));
    }
    *target = from_word(words.front());
  };
  option.words = [=] { return Words{to_word(*target)}; };
  return option;
}

template <typename Element, typename FromWord, typename ToWord>
Option list(std::vector<Element>* target, const OptionSpec& spec, ValueKind kind,
            FromWord from_word, ToWord to_word) {
  Option option;
  option.spec = spec;
  option.kind = kind;
  option.assign = [=](const Words& words) {
    std::vector<Element> values;
    for (const std::string& word : words) values.push_back(from_word(word));
    *target = std::move(values);
  };
  option.words = [=] {
    Words words;
    for (const Element& value : *target) words.push_back(to_word(value));
    return words;
  };
  return option;
}

}  // namespace

std::int64_t parse_integer(const std::string& word) {
  int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [stopped, problem] = std::from_chars(word.data(), end, value);
  if (problem == std::errc::result_out_of_range) {
    throw UsageError("the number " + quoted(word) + " is too large");
  }
  if (problem != std::errc() || stopped != end) {
    throw UsageError("expected a whole number, got " + quoted(word));
  }
  return value;
}

double parse_number(const std::string& word) {
  double value = 0;
  const char* end = word.data() + word.size();
  const auto [stopped, problem] = std::from_chars(word.data(), end, value);
  if (problem == std::errc::result_out_of_range) {
    throw UsageError("the number " + quoted(word) + " is out of range");
  }
  if (problem != std::errc() || stopped != end || !std::isfinite(value)) {
    throw UsageError("expected a number, got " + quoted(word));
  }
  return value;
}

bool parse_switch(const std::string& word) {
  for (const char* yes : {"true", "yes", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "no", "off", "0"}) {
    if (word == no) return false;
  }
  throw UsageError("expected true or false, got " + quoted(word));
}

Size2d parse_size(const std::string& word) {
  const auto cross = word.find('x');
  Size2d size;
  try {
    size.height = parse_integer(word.substr(0, cross));
    size.width = cross == std::string::npos ? size.height : parse_integer(word.substr(cross + 1));
  } catch (const UsageError&) {
    throw UsageError("expected a size such as 224 or 224x160 (height x width), got " +
                     quoted(word));
  }
  if (size.height < 1 || size.width < 1) {
    throw UsageError("height and width must be at least 1, got " + quoted(word));
  }
  return size;
}

std::string number_word(double value) {
  if (std::isnan(value)) return "nan";
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

Words split_commas(const std::string& text) {
  Words words;
  if (text.empty()) return words;
  size_t begin = 0;
  for (size_t comma; (comma = text.find(',', begin)) != std::string::npos; begin = comma + 1) {
    words.push_back(text.substr(begin, comma - begin));
  }
  words.push_back(text.substr(begin));
  return words;
}

Option bind_value(bool* target, const OptionSpec& spec) {
  return scalar(target, spec, ValueKind::kSwitch, parse_switch,
                [](bool on) { return std::string(on ? "true" : "false"); });
}

Option bind_value(std::int64_t* target, const OptionSpec& spec) {
  return scalar(
      target, spec, ValueKind::kInteger,
      [spec](const std::string& word) { return checked_integer(spec, word); },
      [](int64_t value) { return std::to_string(value); });
}

Option bind_value(int* target, const OptionSpec& spec) {
  const auto from_word = [spec](const std::string& word) {
    const int64_t value = checked_integer(spec, word);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
      throw UsageError("the number " + quoted(word) + " is too large");
    }
    return static_cast<int>(value);
  };
  return scalar(target, spec, ValueKind::kInteger, from_word,
                [](int value) { return std::to_string(value); });
}

Option bind_value(double* target, const OptionSpec& spec) {
  return scalar(
      target, spec, ValueKind::kNumber,
      [spec](const std::string& word) { return check_range(spec, parse_number(word), word); },
      number_word);
}

Option bind_value(std::string* target, const OptionSpec& spec) {
  const auto from_word = [spec](const std::string& word) {
    check_choice(spec, word);
    return word;
  };
  return scalar(target, spec, ValueKind::kText, from_word,
                [](const std::string& value) { return value; });
}

Option bind_value(Size2d* target, const OptionSpec& spec) {
  return scalar(target, spec, ValueKind::kSize, parse_size, size_text);
}

Option bind_value(std::vector<std::int64_t>* target, const OptionSpec& spec) {
  Option option = list(
      target, spec, ValueKind::kIntegers,
      [spec](const std::string& word) { return checked_integer(spec, word); },
      [](int64_t value) { return std::to_string(value); });
  option.assign = [inner = option.assign](const Words& words) { inner(list_items(words)); };
  return option;
}

Option bind_value(std::vector<double>* target, const OptionSpec& spec) {
  Option option = list(
      target, spec, ValueKind::kNumbers,
      [spec](const std::string& word) { return check_range(spec, parse_number(word), word); },
      number_word);
  option.assign = [inner = option.assign](const Words& words) { inner(list_items(words)); };
  return option;
}

Option bind_value(std::vector<std::string>* target, const OptionSpec& spec) {
  const auto from_word = [spec](const std::string& word) {
    check_choice(spec, word);
    return word;
  };
  return list(target, spec, ValueKind::kTexts, from_word,
              [](const std::string& value) { return value; });
}

namespace {

void check_choice(const OptionSpec& spec, const std::string& word) {
  const auto& choices = spec.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), word) != choices.end()) return;
  std::string allowed;
  for (const std::string& choice : choices) allowed += (allowed.empty() ? "" : ", ") + choice;
  throw UsageError("expected one of " + allowed + "; got " + quoted(word), "",
                   did_you_mean(word, choices));
}

double check_range(const OptionSpec& spec, double value, const std::string& word) {
  if (value < spec.minimum) {
    throw UsageError("must be at least " + number_word(spec.minimum) + ", got " + word);
  }
  if (value > spec.maximum) {
    throw UsageError("must be at most " + number_word(spec.maximum) + ", got " + word);
  }
  return value;
}

int64_t checked_integer(const OptionSpec& spec, const std::string& word) {
  const int64_t value = parse_integer(word);
  check_range(spec, static_cast<double>(value), word);
  return value;
}

Words list_items(const Words& words) {
  Words items;
  for (const std::string& word : words) {
    const Words parts = split_commas(word);
    items.insert(items.end(), parts.begin(), parts.end());
  }
  return items;
}

}  // namespace
}  // namespace mae::cli
