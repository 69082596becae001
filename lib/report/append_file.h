// Appending to a log that somebody may be reading.
#pragma once

#include <string>
#include <string_view>

namespace mae {

/// Writes all of `bytes` to an open descriptor, going on after short writes and interruptions.
/// path    for the message
/// throws ResourceError  disk full and the like
void append_bytes(int descriptor, std::string_view bytes, const std::string& path);

}  // namespace mae
