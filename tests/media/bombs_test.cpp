// Pictures of few bytes that claim, or hold, very many pixels: refused from the header, in no time
// and no memory.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "mae/base/error.h"
#include "mae/media/image_decode.h"
#include "pictures.h"

namespace mae {
namespace {

constexpr int kSide = 65000;
constexpr double kMostMilliseconds = 50;
constexpr int64_t kMostKilobytes = 200 * 1024;

std::string big(uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    text.push_back(static_cast<char>(value >> shift));
  return text;
}

std::string little(uint32_t value, int bytes) {
  const std::string text = big(value, bytes);
  return {text.rbegin(), text.rend()};
}

/// A real JPEG whose frame header, behind `mark`, claims another size.
std::string jpeg(const std::string& file, const char* mark) {
  std::string bytes = golden_bytes("pictures/" + file);
  const size_t at = bytes.find(mark);
  EXPECT_NE(at, std::string::npos);
  return bytes.replace(at + 5, 4, big(kSide, 2) + big(kSide, 2));
}

std::string png_chunk(const std::string& kind, const std::string& data) {
  const std::string body = kind + data;
  const auto checksum = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  return big(static_cast<uint32_t>(data.size()), 4) + body + big(checksum, 4);
}

/// Zeros, well compressed, without ever holding them.
std::string packed(size_t bytes) {
  std::vector<Bytef> zeros(1 << 16), out(1 << 16);
  std::string text;
  z_stream stream{};
  deflateInit(&stream, Z_BEST_SPEED);
  for (int result = Z_OK; result == Z_OK;) {
    if (stream.avail_in == 0 && bytes > 0) {
      stream.next_in = zeros.data();
      stream.avail_in = static_cast<uInt>(std::min(bytes, zeros.size()));
      bytes -= stream.avail_in;
    }
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    result = deflate(&stream, bytes > 0 ? Z_NO_FLUSH : Z_FINISH);
    text.append(reinterpret_cast<const char*>(out.data()), out.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return text;
}

std::string png(int side, const std::string& data) {
  const std::string header = big(side, 4) + big(side, 4) + std::string("\x08\0\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", data) +
         png_chunk("IEND", "");
}

std::string bmp() {
  return "BM" + little(1000, 4) + little(0, 4) + little(54, 4) + little(40, 4) + little(kSide, 4) +
         little(kSide, 4) + little(1, 2) + little(24, 2) + std::string(24 + 900, '\0');
}

std::string tiff() {
  const uint32_t fields[][2] = {{256, kSide}, {257, kSide}, {258, 8}, {259, 1},    {262, 1},
                                {273, 200},   {277, 1},     {278, 1}, {279, 65000}};
  std::string text = "II*" + std::string(1, '\0') + little(8, 4) + little(9, 2);
  for (const auto& [tag, value] : fields) {
    const bool is_short = tag >= 258 && tag <= 277 && tag != 273;
    text += little(tag, 2) + little(is_short ? 3 : 4, 2) + little(1, 4) + little(value, 4);
  }
  return text + std::string(500, '\0');
}

std::string webp() {
  const std::string body = "\x2f" + little(16382 | 16382 << 14, 4) + std::string(1000, '\0');
  return "RIFF" + little(static_cast<uint32_t>(12 + body.size()), 4) + "WEBPVP8L" +
         little(static_cast<uint32_t>(body.size()), 4) + body;
}

double milliseconds_of_processor() {
  struct timespec now {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

int64_t peak_kilobytes() {
  struct rusage used {};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

TEST(Bombs, AreRefusedInNoTimeAndNoMemory) {
  const std::pair<const char*, std::string> bombs[] = {
      {"jpeg", jpeg("baseline_420.jpg", "\xff\xc0")},
      {"jpeg_progressive", jpeg("progressive.jpg", "\xff\xc2")},
      {"png", png(kSide, packed(1000))},
      {"png_of_144_million_pixels", png(12000, packed(size_t{12001} * 12000))},
      {"bmp", bmp()},
      {"ppm", "P6 65000 65000 255\n" + std::string(1000, '\0')},
      {"tiff", tiff()},
      {"webp", webp()}};
  for (const auto& [name, bytes] : bombs) {
    const int64_t before = peak_kilobytes();
    const double start = milliseconds_of_processor();
    try {
      decode_image(bytes, name, {});
      ADD_FAILURE() << name << " was decoded";
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find("pixels"), std::string::npos) << error.line();
    }
    const double took = milliseconds_of_processor() - start;
    EXPECT_LT(took, kMostMilliseconds) << name;
    EXPECT_LT(peak_kilobytes() - before, kMostKilobytes) << name;
    RecordProperty(std::string(name) + "_microseconds", static_cast<int>(1000 * took));
  }
}

}  // namespace
}  // namespace mae
