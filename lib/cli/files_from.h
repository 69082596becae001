// Operands from a list: --files-from FILE|-, one a line, or separated by zero bytes with -0.
#pragma once

#include <string>
#include <vector>

namespace mae::cli {

/// Names in a list, without empty lines; a line's "\r" at the end is dropped.
std::vector<std::string> split_file_list(const std::string& text, bool null_separated);

/// Reads the list. throws DataError  missing, empty, larger than 256 MiB
std::vector<std::string> read_file_list(const std::string& path, bool null_separated);

}  // namespace mae::cli
