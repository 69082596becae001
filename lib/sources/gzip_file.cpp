#include "mae/sources/gzip_file.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/sources/first_look.h"

namespace mae {
namespace {

/// Unpacks a gzip file piece by piece.
class GzipReader {
 public:
  explicit GzipReader(const std::string& path) : file_(path) {
    constexpr int kGzipOnly = MAX_WBITS + 16;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipReader() { inflateEnd(&stream_); }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  bool ended() const { return ended_; }

  /// Appends up to `count` bytes; fewer only at the end.
  void read(int64_t count, std::string* out) {
    const size_t before = out->size();
    out->resize(before + static_cast<size_t>(count));
    stream_.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream_.avail_out = static_cast<uInt>(count);
    while (stream_.avail_out > 0 && !ended_) {
      if (stream_.avail_in == 0) refill();
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      ended_ = result == Z_STREAM_END;
      if (result != Z_OK && !ended_) throw DataError("the gzip data are corrupt", file_.path());
    }
    out->resize(out->size() - stream_.avail_out);
  }

 private:
  void refill() {
    const size_t got = file_.read_some(offset_, input_, sizeof(input_));
    if (got == 0) throw DataError("the gzip data end early", file_.path());
    offset_ += static_cast<int64_t>(got);
    stream_.next_in = input_;
    stream_.avail_in = static_cast<uInt>(got);
  }

  InputFile file_;
  z_stream stream_ = {};
  Bytef input_[1 << 16];
  int64_t offset_ = 0;
  bool ended_ = false;
};

}  // namespace

std::string stored_beginning(const std::string& path, int64_t count) {
  const InputFile file(path);
  std::string bytes(static_cast<size_t>(std::min(count, file.size())), '\0');
  bytes.resize(file.read_some(0, bytes.data(), bytes.size()));
  return bytes;
}

bool is_gzip(const std::string& first_bytes) { return first_bytes.compare(0, 2, "\x1F\x8B") == 0; }

std::string read_beginning(const std::string& path, int64_t count) {
  const std::string stored = stored_beginning(path, std::max<int64_t>(count, 2));
  if (!is_gzip(stored)) return stored.substr(0, static_cast<size_t>(count));
  look_first(path, "beginning", [&] { read_beginning(path, count); });
  std::string bytes;
  GzipReader(path).read(count, &bytes);
  return bytes;
}

std::string read_unpacked(const std::string& path, int64_t max_bytes) {
  if (!is_gzip(stored_beginning(path, 2))) return read_file(path, max_bytes);
  GzipReader reader(path);
  std::string bytes;
  constexpr int64_t kPiece = 1 << 20;
  while (!reader.ended()) {
    reader.read(kPiece, &bytes);
    if (static_cast<int64_t>(bytes.size()) > max_bytes) {
      throw DataError(
          "the gzip data are longer than expected (" + std::to_string(max_bytes) + " bytes)", path);
    }
  }
  return bytes;
}

}  // namespace mae
