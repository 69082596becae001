// The first directory of a TIFF file, which is also what EXIF data are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mae/media/byte_reader.h"

namespace mae {

/// Whole numbers by tag. Of a tag that comes twice the first counts, as in libtiff.
class TiffDirectory {
 public:
  /// bytes  begin with the TIFF header; they and `name` must outlive the directory
  /// throws DataError  no TIFF, or the directory ends early
  TiffDirectory(const std::string& bytes, const std::string& name);

  bool is_little_endian() const { return little_; }
  /// All values of a tag; none where it is missing or holds other than bytes, shorts or longs.
  /// throws DataError  they lie past the end
  std::vector<uint32_t> numbers(uint32_t tag) const;
  /// The first of them, or `fallback`.
  uint32_t number(uint32_t tag, uint32_t fallback) const;
  bool has(uint32_t tag) const { return fields_.count(tag) != 0; }
  /// Writes the first value of a tag into a copy of the bytes, if it is there and the number fits
  /// its type.
  void put(uint32_t tag, uint32_t number, std::string* copy) const;

 private:
  struct Field {
    uint32_t type = 0, count = 0;
    size_t at = 0;  ///< of the values
  };
  uint32_t value(const Field& field, size_t index) const;
  uint32_t u16(size_t at) const { return little_ ? in_.little16(at) : in_.big16(at); }
  uint32_t u32(size_t at) const { return little_ ? in_.little32(at) : in_.big32(at); }

  ByteReader in_;
  bool little_ = true;
  std::map<uint32_t, Field> fields_;
};

}  // namespace mae
