// Writing to descriptors that may be slow, full or gone. Private to base.
#pragma once

#include <cstddef>
#include <string>

namespace mae {

/// Writes all bytes, retrying short and interrupted writes.
/// throws ResourceError  naming `where` (disk full and the like)
///        ClosedPipe     the reader has gone
///        Interrupted    a signal arrived while the reader kept us waiting
void write_all(int descriptor, const char* bytes, size_t size, const std::string& where);

/// Copies the whole file behind `source` to the stream `destination`; throws as write_all.
void copy_to_stream(int source, int destination, const std::string& where);

}  // namespace mae
