// The JSON header of a safetensors file: parsed without trust, written the one way that makes equal
// bytes. Private to io.
#pragma once

#include <map>
#include <string>

#include "mae/io/safetensors_file.h"

namespace mae::safetensors {

/// Offsets of entries count from the start of the data, as in the header itself.
struct Header {
  std::map<std::string, SafetensorsFile::Entry> entries;
  std::map<std::string, std::string> metadata;
};

/// Throws DataError naming `where`: no JSON of the right form, duplicate keys, unknown element
/// types, sizes that disagree, holes or overlaps, an end other than `data_bytes`.
Header parse_header(const std::string& text, int64_t data_bytes, const std::string& where);

/// Compact JSON with sorted keys, padded with spaces so that the data start at a multiple of 8
/// bytes.
std::string header_text(const Header& header);

/// Key of the metadata entry that holds the digests as JSON: {"": of the header without this entry,
/// "name": of the tensor}.
constexpr char kDigestsKey[] = "mae_digests";

}  // namespace mae::safetensors
