// Too few file handles say nothing about the file that could not be opened: every open that fails
// asks here first.
#pragma once

#include <string>

namespace mae {

/// Whether this errno value says that the process or the machine has no file handle left.
bool lacks_file_handles(int error_number);

/// Throws ResourceError when it does; else returns, and the failure is about the file.
/// where  what could not be opened
void check_file_handles(int error_number, const std::string& where);

/// The same where a library opened the file and does not say why it could not: asks for a handle.
void check_file_handles(const std::string& where);

/// What to do about it; "" for other errno values.
std::string file_handle_hint(int error_number);

}  // namespace mae
