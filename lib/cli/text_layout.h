// Wrapping of running text to a terminal's width.
#pragma once

#include <string>

namespace mae::cli {

/// Breaks `text` at spaces so that no line passes `width` where possible. Lines after the first
/// begin with `indent` blanks; the first is taken to stand at column `first_column` already. No
/// line break at the end.
std::string wrap(const std::string& text, int width, int indent, int first_column);

/// Columns of the terminal on `descriptor`: COLUMNS when set, else what the terminal says, else 80.
int terminal_width(int descriptor);

}  // namespace mae::cli
