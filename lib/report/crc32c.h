// CRC-32C (Castagnoli), the checksum of TensorBoard's event files.
#pragma once

#include <cstdint>
#include <string_view>

namespace mae {

/// CRC-32C of `bytes`: crc32c("123456789") is 0xE3069283.
uint32_t crc32c(std::string_view bytes);

/// The rotated form that TFRecord stores, so that a checksum of data holding checksums stays a good
/// one.
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace mae
