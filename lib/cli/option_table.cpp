// The table and what can be derived from one declaration.
#include "mae/cli/option_table.h"

#include <algorithm>
#include <cassert>
#include <cctype>

namespace mae::cli {
namespace {

std::string join(const Words& words, const char* separator);
nlohmann::json typed(ValueKind kind, const std::string& word);

}  // namespace

const char* const kStandardGroup = "Common options";

Option& OptionTable::add(Option option) {
  const std::string& declared = option.spec.name;
  const auto comma = declared.find(',');
  option.name = canonical_name(comma == std::string::npos ? declared : declared.substr(comma + 1));
  if (comma != std::string::npos) option.letter = declared[1];
  if (option.spec.group.empty()) option.spec.group = "Options";
  option.default_words = option.words();
  assert(find(option.name) == nullptr && "an option is declared twice");
  options_.push_back(std::move(option));
  return options_.back();
}

const Option* OptionTable::find(const std::string& name) const {
  const std::string wanted = canonical_name(name);
  const auto found = std::find_if(options_.begin(), options_.end(),
                                  [&](const Option& option) { return option.name == wanted; });
  return found == options_.end() ? nullptr : &*found;
}

Option* OptionTable::find(const std::string& name) {
  return const_cast<Option*>(static_cast<const OptionTable*>(this)->find(name));
}

std::vector<std::string> OptionTable::groups() const {
  std::vector<std::string> groups;
  bool has_standard = false;
  for (const Option& option : options_) {
    const std::string& group = option.spec.group;
    if (option.hidden) continue;
    has_standard |= group == kStandardGroup;
    if (group == kStandardGroup) continue;
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  if (has_standard) groups.emplace_back(kStandardGroup);
  return groups;
}

bool Option::is_list() const {
  return kind == ValueKind::kTexts || kind == ValueKind::kIntegers || kind == ValueKind::kNumbers;
}

std::string Option::negation() const {
  if (takes_value() || !configurable) return "";
  return name.rfind("no-", 0) == 0 ? name.substr(3) : "no-" + name;
}

std::string Option::environment_name() const {
  std::string text = "MAE_" + name;
  for (char& c : text) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string Option::metavar() const {
  if (!takes_value()) return "";
  if (!spec.metavar.empty()) return spec.metavar;
  if (!spec.choices.empty()) return join(spec.choices, "|");
  switch (kind) {
    case ValueKind::kInteger:
      return "N";
    case ValueKind::kIntegers:
      return "N,...";
    case ValueKind::kNumber:
      return "X";
    case ValueKind::kNumbers:
      return "X,...";
    case ValueKind::kSize:
      return "HxW";
    default:
      return "TEXT";
  }
}

std::string Option::default_text() const {
  if (kind == ValueKind::kSwitch) {
    return !negation().empty() && default_words == Words{"true"} ? "on" : "";
  }
  const std::string text = join(default_words, ",");
  return text == "nan" ? "" : text;
}

std::string Option::value_text() const { return join(words(), ","); }

nlohmann::json Option::value() const {
  const Words current = words();
  if (!is_list()) return typed(kind, current.front());
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& word : current) list.push_back(typed(kind, word));
  return list;
}

std::string canonical_name(const std::string& name) {
  std::string text = name.substr(std::min(name.find_first_not_of('-'), name.size()));
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

namespace {

std::string join(const Words& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

nlohmann::json typed(ValueKind kind, const std::string& word) {
  switch (kind) {
    case ValueKind::kSwitch:
      return word == "true";
    case ValueKind::kInteger:
    case ValueKind::kIntegers:
      return static_cast<int64_t>(std::stoll(word));
    case ValueKind::kNumber:
    case ValueKind::kNumbers:
      return word == "nan" ? nlohmann::json(nullptr) : nlohmann::json(std::stod(word));
    default:
      return word;
  }
}

}  // namespace
}  // namespace mae::cli
