// Each frame is encoded as a PNG of its own, whose data become the chunks of one file (APNG 1.0:
// acTL before the data, an fcTL before each frame's, fdAT instead of IDAT from the second on).
#include "mae/media/animated_png.h"

#include <zlib.h>

#include <cstdint>
#include <vector>

#include "mae/media/clip_reader.h"
#include "mae/media/image_decode.h"

namespace mae {
namespace {

constexpr size_t kSignature = 8, kAroundData = 12;  // bytes of a PNG's start, and around a chunk

struct Chunk {
  std::string type, data;
};

std::string big_endian(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string four_bytes(int64_t value) { return big_endian(static_cast<uint32_t>(value), 4); }

/// Of a PNG that was just encoded, so nothing is checked.
std::vector<Chunk> chunks_of(const std::string& png) {
  std::vector<Chunk> chunks;
  for (size_t at = kSignature; at + kAroundData <= png.size();) {
    uint32_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<uint8_t>(png[at + i]);
    chunks.push_back({png.substr(at + 4, 4), png.substr(at + 8, length)});
    at += kAroundData + length;
  }
  return chunks;
}

std::string written(const Chunk& chunk) {
  const std::string body = chunk.type + chunk.data;
  const uLong sum =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return four_bytes(static_cast<int64_t>(chunk.data.size())) + body +
         big_endian(static_cast<uint32_t>(sum), 4);
}

/// Whole frames, each in the place of the one before.
Chunk frame_control(int64_t sequence, const Image& frame, int milliseconds) {
  return {"fcTL", four_bytes(sequence) + four_bytes(frame.width) + four_bytes(frame.height) +
                      four_bytes(0) + four_bytes(0) +
                      big_endian(static_cast<uint32_t>(milliseconds), 2) + big_endian(1000, 2) +
                      std::string(2, '\0')};
}

}  // namespace

std::string encode_animated_png(const Image& tall, int64_t frames, int milliseconds_per_frame) {
  if (frames == 1) return encode_png(tall);
  std::string file, end;
  int64_t sequence = 0;
  for (int64_t t = 0; t < frames; ++t) {
    const Image frame = frame_of_clip(tall, t, frames);
    const std::string png = encode_png(frame);
    if (t == 0) file = png.substr(0, kSignature);
    bool controlled = false;
    for (const Chunk& chunk : chunks_of(png)) {
      const bool data = chunk.type == "IDAT";
      if (chunk.type == "IEND") {
        end = written(chunk);
        continue;
      }
      if (data && !controlled) {
        if (t == 0) file += written({"acTL", four_bytes(frames) + four_bytes(0)});
        file += written(frame_control(sequence++, frame, milliseconds_per_frame));
        controlled = true;
      }
      if (t == 0) {
        file += written(chunk);
      } else if (data) {
        file += written({"fdAT", four_bytes(sequence++) + chunk.data});
      }
    }
  }
  return file + end;
}

}  // namespace mae
