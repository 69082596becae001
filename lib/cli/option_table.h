// Every option of a tool, once: the table that the parser, both helps, the man page, completion,
// configuration files,
// --dump-config and provenance read.
#pragma once

#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/cli/tool.h"

namespace mae::cli {

enum class ValueKind { kSwitch, kText, kTexts, kInteger, kIntegers, kNumber, kNumbers, kSize };

/// Who decided an option's value, from weak to strong.
enum class Source { kDefault, kConfigFile, kEnvironment, kCommandLine };

/// Values travel as words: what stands after an option, or between the commas of a list.
using Words = std::vector<std::string>;

struct Option {
  OptionSpec spec;
  std::string name;  ///< long name without dashes: "mask-ratio"
  char letter = 0;   ///< short name, 0 for none
  ValueKind kind = ValueKind::kText;
  /// Stores words in the target. Throws UsageError whose `where` is empty: the caller knows it.
  std::function<void(const Words&)> assign;
  std::function<Words()> words;  ///< the target's value
  Words default_words;           ///< the target's value when it was declared
  Source source = Source::kDefault;
  bool configurable = true;  ///< accepted from configuration files and the environment, and dumped
  bool hidden = false;       ///< not shown anywhere
  bool is_standard = false;  ///< one of those every tool has

  bool takes_value() const { return kind != ValueKind::kSwitch; }
  bool is_list() const;
  bool is_set() const { return source != Source::kDefault; }
  /// "no-" version of a switch: "no-resume", or "clobber" for "no-clobber"; empty when there is
  /// none.
  std::string negation() const;
  /// Whether help mentions the negation: for switches that are on by default. Others have one only
  /// to undo a configuration file.
  bool shows_negation() const {
    return !is_standard && !negation().empty() && default_words == Words{"true"};
  }
  /// "MAE_MASK_RATIO"
  std::string environment_name() const;
  /// "RATIO"; what the declaration says, else derived from choices or type. Empty for switches.
  std::string metavar() const;
  /// The default in words, as help shows it; empty when there is nothing worth showing.
  std::string default_text() const;
  std::string value_text() const;  ///< words joined by commas
  nlohmann::json value() const;    ///< typed: 0.75, true, "random", [1, 2]
};

class OptionTable {
 public:
  /// Adds a declaration; name and letter are taken from `spec.name`. A name used twice is a mistake
  /// of ours (assert).
  Option& add(Option option);

  const std::deque<Option>& options() const { return options_; }
  std::deque<Option>& options() { return options_; }
  /// By long name with or without dashes; underscores count as dashes. Null when there is none.
  Option* find(const std::string& name);
  const Option* find(const std::string& name) const;
  /// Headings in order of first use, the standard options last.
  std::vector<std::string> groups() const;

 private:
  std::deque<Option> options_;  // a deque: references stay valid while tools declare more
};

/// Heading of the options that every tool has.
extern const char* const kStandardGroup;

/// "--mask_ratio" -> "mask-ratio"
std::string canonical_name(const std::string& name);

}  // namespace mae::cli
