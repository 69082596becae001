// A reader and writer of the part of TOML that configuration files need: comments, [tables],
// strings, numbers, booleans and arrays of these. Dates, inline tables and multi-line strings are
// refused by name.
#pragma once

#include <string>
#include <vector>

namespace mae::cli {

struct TomlValue {
  std::vector<std::string>
      words;  ///< one for a scalar, any number for an array; strings without their quotes
  bool is_array = false;
};

struct TomlEntry {
  std::string table;  ///< "mae-pretrain", empty at the top
  std::string key;
  TomlValue value;
  int line = 0;  ///< from 1
};

/// name    for messages
/// throws  UsageError "NAME:LINE: what is wrong": bad syntax, a key given twice
std::vector<TomlEntry> parse_toml(const std::string& text, const std::string& name);

/// A basic string with quotes: "a\tb".
std::string toml_string(const std::string& text);

}  // namespace mae::cli
