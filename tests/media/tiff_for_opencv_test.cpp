// What a TIFF claims is made true before a decoder believes it.
#include "mae/media/tiff_for_opencv.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/media/image_decode.h"
#include "mae/media/tiff_directory.h"
#include "pictures.h"

namespace mae {
namespace {

constexpr uint32_t kHeight = 257, kOrientation = 274, kRowsPerStrip = 278;
constexpr size_t kTypeAt = 2;  // of an entry of twelve bytes

std::string fuzzed() { return read_file(std::string(MAE_TESTS_DIR) + "/fuzz/seeds/strip.tif"); }

/// Where the entry of a tag of longs begins, in a little-endian file.
size_t entry_of(const std::string& tiff, uint32_t tag) {
  const std::string head{static_cast<char>(tag & 0xff), static_cast<char>(tag >> 8), '\4', '\0'};
  return tiff.find(head, 8);
}

// The fuzzer's find: 17 columns of 16 million rows in a strip, for which OpenCV took 1.5 GB.
TEST(TiffForOpencv, StripsEndWithThePicture) {
  const std::string name = "strip.tif";
  const std::string claimed = fuzzed(), fitted = tiff_for_opencv(claimed, name);
  const TiffDirectory before(claimed, name), after(fitted, name);
  EXPECT_EQ(before.number(kRowsPerStrip, 0), 0xf5ffedu);
  EXPECT_EQ(after.number(kRowsPerStrip, 0), before.number(kHeight, 0));
  EXPECT_THROW(decode_image(fuzzed(), name, {}), DataError);
}

TEST(TiffForOpencv, SizesOfATypeThatWeDoNotReadAreRefused) {
  std::string tiff = fuzzed();
  const size_t at = entry_of(tiff, kRowsPerStrip);
  ASSERT_NE(at, std::string::npos);
  tiff[at + kTypeAt] = 16;  // LONG8, which libtiff reads
  EXPECT_THROW(tiff_for_opencv(tiff, "strip.tif"), DataError);
}

TEST(TiffForOpencv, TilesFarLargerThanThePictureAreRefused) {
  std::string tiff = fuzzed();
  const size_t at = entry_of(tiff, kRowsPerStrip);
  ASSERT_NE(at, std::string::npos);
  tiff[at] = '\x43';  // TileLength in its place
  EXPECT_THROW(tiff_for_opencv(tiff, "strip.tif"), DataError);
}

TEST(TiffForOpencv, WholePicturesOnlyLoseTheirOrientation) {
  const std::string name = "rgb_lzw.tif", tiff = golden_bytes("pictures/" + name);
  const std::string fitted = tiff_for_opencv(tiff, name);
  EXPECT_EQ(fitted.size(), tiff.size());
  EXPECT_EQ(TiffDirectory(fitted, name).number(kOrientation, 1), 1u);
  EXPECT_EQ(decode_image(fitted, name, {}).bytes, decode_image(tiff, name, {}).bytes);
}

}  // namespace
}  // namespace mae
