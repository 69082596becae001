// Opens HDF5 files that somebody else may have made: the first bytes are judged before the library
// sees them. Private to io.
#pragma once

#include <cstdint>
#include <string>

#include "mae/io/hdf5_handle.h"

namespace mae {

/// Opens a regular file for reading.
/// throws DataError  missing, a folder, empty, not HDF5, of another layout than V110, truncated,
/// still open for writing
Hdf5Handle open_hdf5_file(const std::string& path);

/// The same for a file held in memory. `image` is not copied and must outlive the handle; `where`
/// names it in errors.
Hdf5Handle open_hdf5_image(const std::string& image, const std::string& where);

}  // namespace mae
