// Between HDF5 and C++ values: element types, JSON attributes, lists of numbers. Private to io.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mae/io/hdf5_handle.h"
#include "mae/io/tensor_type.h"

namespace mae {

/// The file type (little-endian) of an element type; invalid for bool and bfloat16, which shards do
/// not hold.
Hdf5Handle hdf5_type(ElementType type);
/// The element type stored as `type`, if it is exactly one of ours.
std::optional<ElementType> element_type_of(hid_t type);
/// Fixed-length, null-padded UTF-8 of `bytes` bytes (at least 1).
Hdf5Handle hdf5_text_type(size_t bytes);

/// Writes a new attribute. Integers become int64, other numbers float64, strings fixed-length
/// UTF-8, arrays of numbers one-dimensional. Throws std::logic_error for other JSON, ResourceError
/// when HDF5 fails; `where` names the file.
void write_attribute(hid_t object, const std::string& name, const nlohmann::json& value,
                     const std::string& where);

/// Reads an attribute of a kind that write_attribute makes (integers and floats of any width).
/// Throws DataError: missing, another kind, larger than the file.
nlohmann::json read_attribute(hid_t object, const std::string& name, int64_t file_bytes,
                              const std::string& where);

/// Names of all attributes, sorted. Throws DataError.
std::vector<std::string> attribute_names(hid_t object, const std::string& where);

}  // namespace mae
