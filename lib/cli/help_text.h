// -h, one screen, and --help, everything by group.
#pragma once

#include <string>

#include "mae/cli/program.h"

namespace mae::cli {

/// Usage, summary, the options marked for short help, the first two examples. Width in columns.
std::string short_help(const Program& program, int width);

/// Usage, summary, operands, all options by group, all examples, and where configuration comes
/// from.
std::string long_help(const Program& program, int width);

}  // namespace mae::cli
