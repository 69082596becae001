#include "mae/media/png_check.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "mae/media/byte_reader.h"

namespace mae {
namespace {

constexpr size_t kSignatureBytes = 8, kHeaderBytes = 13, kChunkOverhead = 12;

struct PngHeader {
  int64_t width = 0, height = 0;
  int depth = 0, color_type = 0;
  bool interlaced = false;
  int64_t row_bytes(int64_t pixels) const {
    static constexpr int kSamples[] = {1, 0, 3, 1, 2, 0, 4};
    return (pixels * depth * kSamples[color_type] + 7) / 8;
  }
};

[[noreturn]] void damaged(const std::string& what, const std::string& name) {
  throw DataError(what, name, "the file is damaged; export it again");
}

PngHeader read_header(const ByteReader& in, size_t at, size_t length, const std::string& name) {
  if (length != kHeaderBytes) damaged("the PNG header has the wrong length", name);
  PngHeader header;
  header.width = in.big32(at);
  header.height = in.big32(at + 4);
  header.depth = static_cast<int>(in.u8(at + 8));
  header.color_type = static_cast<int>(in.u8(at + 9));
  header.interlaced = in.u8(at + 12) == 1;
  const int d = header.depth, c = header.color_type;
  const bool any_depth = d == 1 || d == 2 || d == 4 || d == 8 || d == 16;
  const bool fits = c == 0 ? any_depth : c == 3 ? any_depth && d <= 8 : d == 8 || d == 16;
  if ((c != 0 && c != 2 && c != 3 && c != 4 && c != 6) || !fits || in.u8(at + 10) != 0 ||
      in.u8(at + 11) != 0 || in.u8(at + 12) > 1) {
    damaged("the PNG header holds a combination that does not exist", name);
  }
  return header;
}

void append_big32(std::string* out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

void append_chunk(std::string* out, const std::string& type, const std::string& data) {
  append_big32(out, static_cast<uint32_t>(data.size()));
  const std::string body = type + data;
  *out += body;
  append_big32(out, static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                                                static_cast<uInt>(body.size()))));
}

/// Unpacks the joined IDAT data row by row: they must hold exactly the rows of the header, each
/// with a known filter.
class RowCheck {
 public:
  RowCheck(const PngHeader& header, const std::string& idat, const std::string& name)
      : header_(header), name_(name) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(idat.data()));
    stream_.avail_in = static_cast<uInt>(idat.size());
    inflateInit(&stream_);
  }
  ~RowCheck() { inflateEnd(&stream_); }
  RowCheck(const RowCheck&) = delete;
  RowCheck& operator=(const RowCheck&) = delete;

  void run() {
    if (!header_.interlaced) {
      check_pass(header_.width, header_.height);
    } else {
      static constexpr int kPasses[7][4] = {
          {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
          {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};  // x, y, step x, step y
      for (const auto& [x, y, step_x, step_y] : kPasses) {
        const int64_t width = (header_.width - x + step_x - 1) / step_x;
        const int64_t height = (header_.height - y + step_y - 1) / step_y;
        if (width > 0) check_pass(width, height);
      }
    }
    check_end();
  }

 private:
  void check_pass(int64_t width, int64_t height) {
    row_.resize(static_cast<size_t>(1 + header_.row_bytes(width)));
    for (int64_t y = 0; y < height; ++y) {
      stream_.next_out = row_.data();
      stream_.avail_out = static_cast<uInt>(row_.size());
      while (stream_.avail_out > 0) unpack();
      if (row_[0] > 4) damaged("the PNG data hold an unknown row filter", name_);
    }
  }

  void unpack() {
    const uInt before = stream_.avail_out;
    const int result = ended_ ? Z_BUF_ERROR : inflate(&stream_, Z_NO_FLUSH);
    ended_ = ended_ || result == Z_STREAM_END;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_DATA_ERROR || result == Z_NEED_DICT) damaged("the PNG data are corrupt", name_);
    if (stream_.avail_out == before) damaged("the PNG data end early", name_);
  }

  /// The stream must end here: it holds a checksum after the last row. Surplus rows are harmless to
  /// libpng but odd.
  void check_end() {
    Bytef surplus = 0;
    while (!ended_) {
      stream_.next_out = &surplus;
      stream_.avail_out = 1;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      ended_ = result == Z_STREAM_END;
      if (stream_.avail_out == 0) damaged("the PNG holds more data than its size needs", name_);
      if (!ended_) damaged("the PNG data are corrupt at their end", name_);
    }
    if (stream_.avail_in > 0) damaged("the PNG holds more data than its size needs", name_);
  }

  const PngHeader& header_;
  const std::string& name_;
  z_stream stream_ = {};
  bool ended_ = false;
  std::vector<Bytef> row_;
};

}  // namespace

std::string check_png(const std::string& bytes, const std::string& name, bool keep_transparency) {
  const ByteReader in(bytes, name);
  std::string header_data, palette, transparency, idat;
  PngHeader header;
  bool ended = false;
  for (size_t at = kSignatureBytes; !ended;) {
    if (bytes.size() - at < kChunkOverhead) damaged("the PNG data end early", name);
    const size_t length = in.big32(at);
    if (length > bytes.size() - at - kChunkOverhead) damaged("the PNG data end early", name);
    const std::string type = bytes.substr(at + 4, 4);
    const uint32_t checksum =
        static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(in.at(at + 4, length + 4)),
                                    static_cast<uInt>(length + 4)));
    if (checksum != in.big32(at + 8 + length)) damaged("a PNG chunk fails its checksum", name);
    if (header_data.empty() != (type == "IHDR")) damaged("the PNG header is not first", name);
    if (type == "IHDR") {
      header = read_header(in, at + 8, length, name);
      header_data = bytes.substr(at + 8, length);
    } else if (type == "PLTE") {
      palette = bytes.substr(at + 8, length);
    } else if (type == "tRNS") {
      transparency = bytes.substr(at + 8, length);
    } else if (type == "IDAT") {
      idat.append(bytes, at + 8, length);
    } else if (type == "IEND") {
      ended = true;
    } else if (type[0] >= 'A' && type[0] <= 'Z') {
      damaged("the PNG holds a critical chunk that is not known", name);
    }
    at += length + kChunkOverhead;
  }
  if (idat.empty()) damaged("the PNG holds no picture data", name);
  RowCheck(header, idat, name).run();

  std::string out = bytes.substr(0, kSignatureBytes);
  append_chunk(&out, "IHDR", header_data);
  if (header.color_type == 3) {
    const size_t colors = size_t{1} << header.depth;
    if (palette.empty() || palette.size() % 3 != 0) damaged("the PNG palette is damaged", name);
    palette.resize(3 * colors, '\0');
    append_chunk(&out, "PLTE", palette);
    transparency.resize(std::min(transparency.size(), colors));
  } else if (transparency.size() != (header.color_type == 0 ? 2u : 6u)) {
    transparency.clear();
  }
  const bool has_alpha = (header.color_type & 4) != 0;
  if (keep_transparency && !transparency.empty() && !has_alpha) {
    append_chunk(&out, "tRNS", transparency);
  }
  append_chunk(&out, "IDAT", idat);
  append_chunk(&out, "IEND", "");
  return out;
}

}  // namespace mae
