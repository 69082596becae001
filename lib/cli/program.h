// What a tool says about itself; help, man page text and completion are written from it.
#pragma once

#include <string>
#include <vector>

#include "mae/cli/option_table.h"

namespace mae::cli {

struct OperandSpec {
  std::string metavar;     ///< "SHARD"
  std::string meaning;     ///< a sentence without a full stop
  int at_least = 1;        ///< 0: may be left out
  bool repeats = false;    ///< takes all that come
  bool is_output = false;  ///< a name to write to: kept out of provenance
};

struct Program {
  std::string name;     ///< "mae-mask"
  std::string summary;  ///< one line, as in the man page: small letter, no full stop
  std::vector<std::string> examples;
  std::vector<OperandSpec> operands;
  OptionTable options;

  /// "SHARD... -o FILE": operands and required options, as in the usage line.
  std::string synopsis() const;
};

/// "-o, --output FILE", or "--[no-]norm-pix-loss"
std::string option_heading(const Option& option);

/// "Random seed (default: 0)" with choices, default and bounds in words; no full stop.
std::string option_description(const Option& option);

/// The same with the default alone: for the help of one screen.
std::string short_description(const Option& option);

}  // namespace mae::cli
