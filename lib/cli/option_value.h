// From words to typed values and back, strictly: no trailing garbage, no silent overflow, no
// locale.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/cli/option_table.h"

namespace mae::cli {

/// Each throws UsageError with an empty `where`, quoting the word.
std::int64_t parse_integer(const std::string& word);
double parse_number(const std::string& word);  ///< finite
bool parse_switch(const std::string& word);    ///< true/false, yes/no, on/off, 1/0
Size2d parse_size(const std::string& word);    ///< "224" or "224x160"; both at least 1

/// The shortest text that reads back as the same number: "0.75", "1e-08".
std::string number_word(double value);

/// Splits at commas; an empty text gives no words.
Words split_commas(const std::string& text);

/// Declarations bound to a variable, whose value is the default.
Option bind_value(bool* target, const OptionSpec& spec);
Option bind_value(int* target, const OptionSpec& spec);
Option bind_value(std::int64_t* target, const OptionSpec& spec);
Option bind_value(double* target, const OptionSpec& spec);
Option bind_value(std::string* target, const OptionSpec& spec);
Option bind_value(Size2d* target, const OptionSpec& spec);
Option bind_value(std::vector<std::int64_t>* target, const OptionSpec& spec);
Option bind_value(std::vector<double>* target, const OptionSpec& spec);
Option bind_value(std::vector<std::string>* target, const OptionSpec& spec);

}  // namespace mae::cli
