// The lossless compressions of TIFF strips and tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mae {

enum class TiffCompression { kNone, kLzw, kDeflate, kPackBits };

/// From the number in the Compression tag; nothing for others (JPEG, fax, Zstandard, ...).
std::optional<TiffCompression> tiff_compression(uint32_t number);

/// Exactly `expected` bytes; what the data hold beyond them is passed over, as libtiff does.
/// name     for messages
/// throws DataError  the data end early or are corrupt
std::vector<uint8_t> unpack_tiff(TiffCompression compression, const uint8_t* data, size_t size,
                                 size_t expected, const std::string& name);

}  // namespace mae
