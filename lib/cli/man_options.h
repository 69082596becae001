// The OPTIONS section of a man page, written from the declarations.
#pragma once

#include <string>

#include "mae/cli/program.h"

namespace mae::cli {

/// mdoc text from ".Sh OPTIONS" on; man pages contain it between two comment lines, and a test
/// compares the two.
std::string man_options(const Program& program);

/// Running text with backslashes, hyphens and leading control characters escaped for mdoc.
std::string mdoc_escape(const std::string& text);

}  // namespace mae::cli
