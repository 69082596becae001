#include "mae/cli/config_file.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/cli/suggestion.h"
#include "mae/cli/toml.h"
#include "mae/cli/tool_list.h"

namespace mae::cli {
namespace {

// Whether the table belongs to this program; throws for a table that belongs to no tool.
bool applies(const Program& program, const TomlEntry& entry, const std::string& where);
const Option& option_of(const Program& program, const TomlEntry& entry, const std::string& where);
std::string toml_value(const Option& option);
std::string toml_word(const Option& option, const std::string& word);

}  // namespace

std::map<std::string, ConfiguredValue> read_config(const Program& program, const std::string& text,
                                                   const std::string& name) {
  const auto entries = parse_toml(text, name);
  std::map<std::string, ConfiguredValue> values;
  for (const bool in_table : {false, true}) {
    for (const TomlEntry& entry : entries) {
      if (entry.table.empty() == in_table) continue;
      const std::string where = name + ":" + std::to_string(entry.line);
      if (in_table && !applies(program, entry, where)) continue;
      const Option& option = option_of(program, entry, where);
      if (entry.value.is_array && !option.is_list()) {
        throw UsageError("takes one value, not an array", where + ": " + entry.key);
      }
      values[option.name] = {entry.value.words, where + ": " + entry.key};
    }
  }
  return values;
}

std::string dump_config(const Program& program) {
  std::string text = "# Effective configuration of " + program.name + "\n";
  for (const std::string& group : program.options.groups()) {
    std::string lines;
    for (const Option& option : program.options.options()) {
      if (option.spec.group != group || !option.configurable || option.hidden) continue;
      lines += option.name + " = " + toml_value(option) + "\n";
    }
    if (!lines.empty()) text += "\n# " + group + "\n" + lines;
  }
  return text;
}

namespace {

bool applies(const Program& program, const TomlEntry& entry, const std::string& where) {
  if (entry.table == program.name) return true;
  std::vector<std::string> tables = {program.name};
  for (const ToolEntry& tool : tool_list()) tables.push_back("mae-" + tool.name);
  if (std::find(tables.begin(), tables.end(), entry.table) != tables.end()) return false;
  const std::string hint = did_you_mean(entry.table, tables);
  throw UsageError("no tool has the name of table [" + entry.table + "]", where,
                   hint.empty() ? "tables are named after tools: [mae-pretrain]" : hint);
}

const Option& option_of(const Program& program, const TomlEntry& entry, const std::string& where) {
  const Option* option = program.options.find(entry.key);
  if (option != nullptr && option->configurable) return *option;
  std::vector<std::string> names;
  for (const Option& candidate : program.options.options()) {
    if (candidate.configurable && !candidate.hidden) names.push_back(candidate.name);
  }
  const std::string hint = did_you_mean(canonical_name(entry.key), names);
  throw UsageError("unknown key " + entry.key, where,
                   hint.empty() ? program.name + " --dump-config lists the keys" : hint);
}

std::string toml_value(const Option& option) {
  const Words words = option.words();
  if (!option.is_list()) return toml_word(option, words.front());
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + toml_word(option, word);
  return "[" + text + "]";
}

std::string toml_word(const Option& option, const std::string& word) {
  switch (option.kind) {
    case ValueKind::kText:
    case ValueKind::kTexts:
    case ValueKind::kSize:
      return toml_string(word);
    case ValueKind::kNumber:
    case ValueKind::kNumbers:
      // A TOML float has a point or an exponent; without one it would be an integer for other
      // readers.
      return word.find_first_of(".en") == std::string::npos ? word + ".0" : word;
    default:
      return word;
  }
}

}  // namespace
}  // namespace mae::cli
