#include "mae/media/tiff_unpack.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "mae/base/error.h"

namespace mae {
namespace {

[[noreturn]] void damaged(const std::string& what, const std::string& name) {
  throw DataError(what, name, "the file is damaged; export it again");
}

std::vector<uint8_t> unpack_deflate(const uint8_t* data, size_t size, size_t expected,
                                    const std::string& name) {
  std::vector<uint8_t> out(expected);
  z_stream stream = {};
  stream.next_in = const_cast<Bytef*>(data);
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(expected);
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  const int result = inflate(&stream, Z_FINISH);
  const bool is_full = stream.avail_out == 0;
  inflateEnd(&stream);
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result == Z_DATA_ERROR || result == Z_NEED_DICT) damaged("the TIFF data are corrupt", name);
  if (!is_full) damaged("the TIFF data end early", name);
  return out;
}

/// Runs of one byte and stretches of different ones, as Apple's PackBits.
std::vector<uint8_t> unpack_packbits(const uint8_t* data, size_t size, size_t expected,
                                     const std::string& name) {
  std::vector<uint8_t> out;
  out.reserve(expected);
  for (size_t at = 0; out.size() < expected;) {
    if (at >= size) damaged("the TIFF data end early", name);
    const int code = static_cast<int8_t>(data[at++]);
    if (code == -128) continue;
    const size_t taken = code < 0 ? 1 : static_cast<size_t>(code) + 1;
    if (taken > size - at) damaged("the TIFF data end early", name);
    if (code < 0) {
      out.insert(out.end(), static_cast<size_t>(1 - code), data[at]);
    } else {
      out.insert(out.end(), data + at, data + at + taken);
    }
    at += taken;
  }
  out.resize(expected);
  return out;
}

/// TIFF's LZW: codes of 9 to 12 bits, highest bit first, each width left one code early.
class LzwDecoder {
 public:
  LzwDecoder(const uint8_t* data, size_t size, const std::string& name)
      : data_(data), size_(size), name_(name) {
    for (size_t i = 0; i < kClear; ++i) {
      entries_[i] = {0, 1, static_cast<uint8_t>(i), static_cast<uint8_t>(i)};
    }
    if (size >= 2 && data[0] == 0 && data[1] % 2 == 1) {  // libtiff's mark of it, too
      throw DataError("TIFF data in the LZW of before 1992 are not supported", name,
                      "write the image again as PNG or TIFF");
    }
  }

  std::vector<uint8_t> run(size_t expected) {
    std::vector<uint8_t> out;
    out.reserve(expected);
    bool is_fresh = true;  // no code since the last kClear
    uint32_t previous = 0;
    while (out.size() < expected) {
      const uint32_t code = next_code();
      if (code == kEnd) damaged("the TIFF data end early", name_);
      if (code == kClear) {
        next_ = kFirstFree;
        width_ = kFirstWidth;
        is_fresh = true;
        continue;
      }
      if (is_fresh ? code > kClear : code > next_) damaged("the TIFF data are corrupt", name_);
      if (!is_fresh) add(previous, code == next_ ? entries_[previous].first : entries_[code].first);
      append(code, &out);
      previous = code;
      is_fresh = false;
    }
    out.resize(expected);
    return out;
  }

 private:
  static constexpr uint32_t kClear = 256, kEnd = 257, kFirstFree = 258, kCodes = 4096;
  static constexpr int kFirstWidth = 9, kLastWidth = 12;

  struct Entry {
    uint16_t prefix = 0, length = 0;
    uint8_t last = 0, first = 0;
  };

  uint32_t next_code() {
    while (bits_ < width_) {
      if (at_ >= size_) damaged("the TIFF data end early", name_);
      buffer_ = buffer_ << 8 | data_[at_++];
      bits_ += 8;
    }
    bits_ -= width_;
    return buffer_ >> bits_ & ((1u << width_) - 1);
  }

  void add(uint32_t prefix, uint8_t last) {
    if (next_ == kCodes) return;  // some writers go on with a full table
    entries_[next_] = {static_cast<uint16_t>(prefix),
                       static_cast<uint16_t>(entries_[prefix].length + 1), last,
                       entries_[prefix].first};
    ++next_;
    if (next_ + 1 >= 1u << width_ && width_ < kLastWidth) ++width_;
  }

  void append(uint32_t code, std::vector<uint8_t>* out) const {
    const size_t length = entries_[code].length;
    out->resize(out->size() + length);
    for (size_t i = 1; i <= length; ++i, code = entries_[code].prefix) {
      (*out)[out->size() - i] = entries_[code].last;
    }
  }

  const uint8_t* data_;
  size_t size_, at_ = 0;
  const std::string& name_;
  uint32_t buffer_ = 0, next_ = kFirstFree;
  int bits_ = 0, width_ = kFirstWidth;
  std::array<Entry, kCodes> entries_;
};

}  // namespace

std::optional<TiffCompression> tiff_compression(uint32_t number) {
  switch (number) {
    case 1:
      return TiffCompression::kNone;
    case 5:
      return TiffCompression::kLzw;
    case 8:
    case 32946:  // the number before it became official
      return TiffCompression::kDeflate;
    case 32773:
      return TiffCompression::kPackBits;
    default:
      return std::nullopt;
  }
}

std::vector<uint8_t> unpack_tiff(TiffCompression compression, const uint8_t* data, size_t size,
                                 size_t expected, const std::string& name) {
  switch (compression) {
    case TiffCompression::kLzw:
      return LzwDecoder(data, size, name).run(expected);
    case TiffCompression::kDeflate:
      return unpack_deflate(data, size, expected, name);
    case TiffCompression::kPackBits:
      return unpack_packbits(data, size, expected, name);
    case TiffCompression::kNone:
      break;
  }
  if (size < expected) damaged("the TIFF data end early", name);
  return std::vector<uint8_t>(data, data + expected);
}

}  // namespace mae
