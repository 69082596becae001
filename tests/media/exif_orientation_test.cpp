// All eight orientations against Pillow's ImageOps.exif_transpose, from every format that has them.
#include "mae/media/exif_orientation.h"

#include <gtest/gtest.h>

#include "pictures.h"

namespace mae {
namespace {

Image decode(const std::string& bytes, bool exif_orientation) {
  DecodeOptions options;
  options.exif_orientation = exif_orientation;
  return decode_image(bytes, "name", options);
}

void expect_turned(const std::string& file, const std::string& expected_file) {
  const Image expected = golden_image("orientation/" + expected_file);
  const Image image = decode(golden_bytes("orientation/" + file), true);
  EXPECT_EQ(image.height, expected.height) << file;
  EXPECT_EQ(image.width, expected.width) << file;
  EXPECT_EQ(image.bytes, expected.bytes) << file;
}

TEST(ExifOrientation, AllEightEqualPillow) {
  const Image upright = golden_image("orientation/1_expected.png");
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string stem = std::to_string(orientation);
    expect_turned(stem + ".jpg", stem + "_expected.png");
    const std::string bytes = golden_bytes("orientation/" + stem + ".jpg");
    EXPECT_EQ(exif_orientation(bytes, ImageFormat::kJpeg), orientation);
    // Ignored unless asked for: all files hold the same pixels.
    EXPECT_EQ(decode(bytes, false).bytes, upright.bytes) << stem;
  }
}

TEST(ExifOrientation, OfPngWebpAndTiff) {
  for (const char* file : {"exif_6.png", "big_endian_8.png", "exif_5.webp", "exif_7.tif"}) {
    const std::string stem = std::string(file).substr(0, std::string(file).find('.'));
    expect_turned(file, stem + "_expected.png");
    EXPECT_EQ(decode(golden_bytes("orientation/" + std::string(file)), false).height, 5) << file;
  }
}

TEST(ExifOrientation, DeepPicturesAndManyBandsAreTurned) {
  Image image = image_of(1, 2, 5, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(apply_orientation(image, 2).bytes,
            (std::vector<uint8_t>{6, 7, 8, 9, 10, 1, 2, 3, 4, 5}));
  Image deep = image_of(1, 2, 1, {1, 2, 3, 4});
  deep.bit_depth = 16;
  const Image turned = apply_orientation(deep, 6);
  EXPECT_EQ(turned.height, 2);
  EXPECT_EQ(turned.bytes, deep.bytes);
  EXPECT_EQ(apply_orientation(deep, 3).bytes, (std::vector<uint8_t>{3, 4, 1, 2}));
  EXPECT_EQ(apply_orientation(deep, 9).bytes, deep.bytes);
}

// A picture is not refused because its EXIF data are.
TEST(ExifOrientation, DamagedExifMeansUpright) {
  const std::string whole = golden_bytes("orientation/6.jpg");
  const size_t exif = whole.find("Exif");
  ASSERT_NE(exif, std::string::npos);
  int turned = 0;
  for (size_t i = exif; i < exif + 32; ++i) {
    std::string damaged = whole;
    damaged[i] = '\xEE';
    const Image image = decode(damaged, true);
    turned += image.height == 7 ? 1 : 0;
    EXPECT_EQ(image.bytes.size(), 105u) << i;
  }
  EXPECT_LT(turned, 16);
  std::string wrong = whole;
  wrong[exif + 6 + 18] = 9;  // an orientation that does not exist
  EXPECT_EQ(exif_orientation(wrong, ImageFormat::kJpeg), 1);
  EXPECT_EQ(exif_orientation(golden_bytes("pictures/rgb.png"), ImageFormat::kPng), 1);
  for (size_t length = 2; length < whole.size(); length += 7) {
    exif_orientation(whole.substr(0, length), ImageFormat::kJpeg);
    exif_orientation(golden_bytes("orientation/exif_6.png").substr(0, length), ImageFormat::kPng);
    exif_orientation(golden_bytes("orientation/exif_5.webp").substr(0, length), ImageFormat::kWebp);
  }
}

}  // namespace
}  // namespace mae
