// Takes a command line apart into options with their words and operands; CLI11 is used here and
// nowhere else. Nothing is converted yet: the words of the command line, the environment and
// configuration files go through the same conversion.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "mae/cli/program.h"

namespace mae::cli {

struct CommandLine {
  std::map<std::string, Words>
      options;  ///< by long name; all occurrences in order, "true" or "false" for switches
  std::vector<std::string> operands;
  std::size_t before_separator = 0;  ///< operands before the first "--"
};

/// arguments  without the program's name
/// throws     UsageError: unknown option (with the nearest name), missing value
CommandLine parse_command_line(const OptionTable& options,
                               const std::vector<std::string>& arguments);

/// CLI11's number, for --version -v.
std::string parser_version();

}  // namespace mae::cli
