#include "mae/media/image_decode.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "mae/base/error.h"
#include "mae/media/image_header.h"
#include "pictures.h"

namespace mae {
namespace {

std::string reason(const std::string& bytes, const DecodeOptions& options = {}) {
  try {
    decode_image(bytes, "name", options);
  } catch (const DataError& error) {
    EXPECT_EQ(error.where(), "name");
    return error.what();
  }
  return "";
}

void expect_equal(const std::string& file, const std::string& expected_file, int channels = 3) {
  const Image image = golden_image("pictures/" + file, channels);
  const Image expected = golden_image("pictures/" + expected_file, channels);
  ASSERT_EQ(image.height, expected.height) << file;
  ASSERT_EQ(image.width, expected.width) << file;
  EXPECT_EQ(image.bytes, expected.bytes) << file;
}

// The one lossless picture that is written out here: the corner of rgb.png, as its generator
// defines it.
TEST(DecodeImage, RgbOrderAndValues) {
  const Image image = golden_image("pictures/rgb.png");
  ASSERT_EQ(image.height, 19);
  ASSERT_EQ(image.width, 23);
  ASSERT_EQ(image.channels, 3);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 23; ++x) {
      const uint8_t* pixel = &image.bytes[(y * 23 + x) * 3];
      ASSERT_EQ(pixel[0], x * 11 % 256);
      ASSERT_EQ(pixel[1], y * 13 % 256);
      ASSERT_EQ(pixel[2], (x * y * 3 + 40) % 256);
    }
  }
}

TEST(DecodeImage, LosslessFormatsAgree) {
  for (const char* file : {"rgb.bmp", "rgb.ppm", "rgb_lossless.webp", "rgb_lzw.tif",
                           "rgb_interlaced.png", "rgb16.png", "rgba.png"}) {
    expect_equal(file, "rgb.png");
  }
  expect_equal("grey.pgm", "grey.png", 1);
  expect_equal("grey_alpha.png", "grey.png", 1);
  expect_equal("rgb.png", "grey.png", 1);  // Pillow's convert("L")
  expect_equal("palette4.png", "palette4_expected.png");
  expect_equal("palette_transparent.png", "palette4_expected.png");
  expect_equal("bilevel.png", "bilevel_expected.png");
}

TEST(DecodeImage, JpegKindsEqualPillow) {
  for (const char* file :
       {"baseline_420", "progressive", "restart_markers", "grey_jpeg", "cmyk", "cmyk_black"}) {
    expect_equal(file + std::string(".jpg"), file + std::string("_expected.png"));
  }
}

TEST(DecodeImage, AlphaIsKeptOnRequest) {
  const Image image = golden_image("pictures/rgba.png", 4);
  EXPECT_EQ(image.bytes[3], 0);
  EXPECT_EQ(image.bytes[4 + 3], 9);
  const Image opaque = golden_image("pictures/rgb.png", 4);
  EXPECT_EQ(opaque.bytes[3], 255);
  const Image palette = golden_image("pictures/palette_transparent.png", 4);
  bool any_transparent = false;
  for (size_t i = 3; i < palette.bytes.size(); i += 4) any_transparent |= palette.bytes[i] == 0;
  EXPECT_TRUE(any_transparent);
}

TEST(DecodeImage, SixteenBitsAreKeptOnRequest) {
  const Image image = golden_image("pictures/grey16.png", 1, 16);
  ASSERT_EQ(image.bit_depth, 16);
  EXPECT_EQ(image.samples16()[1], 2777);
  EXPECT_EQ(image.samples16()[image.width], 991);
  EXPECT_EQ(golden_image("pictures/rgb.png", 3, 16).samples16()[3], 11 * 257);
}

TEST(DecodeImage, EveryCutIsAnErrorAndNeverAPicture) {
  for (const char* file :
       {"baseline_420.jpg", "progressive.jpg", "cmyk.jpg", "rgb.png", "palette4.png",
        "rgb_interlaced.png", "rgb.bmp", "rgb.ppm", "rgb_lossless.webp"}) {
    const std::string bytes = golden_bytes("pictures/" + std::string(file));
    for (size_t length = 0; length < bytes.size(); length += 1 + length / 40) {
      EXPECT_NE(reason(bytes.substr(0, length)), "") << file << " cut at " << length;
    }
    EXPECT_NE(reason(bytes.substr(0, bytes.size() - 1)), "") << file << " without its last byte";
  }
}

TEST(DecodeImage, EveryFlippedBitOfAPngIsAnError) {
  const std::string bytes = golden_bytes("pictures/rgb.png");
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    EXPECT_NE(reason(damaged), "") << i;
  }
}

TEST(DecodeImage, FlippedBitsOfAJpegNeverCrash) {
  const std::string bytes = golden_bytes("pictures/progressive.jpg");
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    reason(damaged);
  }
}

TEST(DecodeImage, DamagedDataPrintNothing) {
  testing::internal::CaptureStderr();
  for (const char* file : {"baseline_420.jpg", "rgb.png", "rgb.bmp", "rgb.ppm", "rgb_lzw.tif"}) {
    const std::string bytes = golden_bytes("pictures/" + std::string(file));
    reason(bytes.substr(0, bytes.size() * 2 / 3));
    for (size_t i = 8; i < bytes.size(); i += 7) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] + 77);
      reason(damaged);
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(DecodeImage, StandardErrorStillWorksAfterwards) {
  reason(golden_bytes("pictures/rgb.bmp").substr(0, 100));
  testing::internal::CaptureStderr();
  std::cerr << "heard " << 7 << std::endl;
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "heard 7\n");
}

TEST(DecodeImage, ReasonsNameTheTrouble) {
  const std::string jpeg = golden_bytes("pictures/baseline_420.jpg");
  EXPECT_EQ(reason(jpeg.substr(0, jpeg.size() / 2)), "the JPEG data end early");
  EXPECT_EQ(reason(""), "the file is empty");
  EXPECT_EQ(reason("hello, world"), "not an image");
  EXPECT_EQ(reason("GIF89a......"), "GIF is not supported as an image");
  EXPECT_EQ(reason("\x89HDF\r\n\x1a\n"), "HDF5 is not supported as an image");
  EXPECT_EQ(reason(std::string("\0\0\0\x20"
                               "ftypavif",
                               12)),
            "AVIF is not supported as an image");
  const std::string png = golden_bytes("pictures/rgb.png");
  EXPECT_EQ(reason(png.substr(0, png.size() - 6)), "the PNG data end early");
  EXPECT_EQ(reason("P5 3 3 100\n123456789"),
            "PNM with a largest value of 100 is not supported; expected 255 or 65535");
}

// A few hundred bytes must not make us take gigabytes: the header decides before memory is taken.
TEST(DecodeImage, PixelLimitIsReadFromTheHeader) {
  DecodeOptions small;
  small.max_pixels = 19 * 23 - 1;
  for (const char* file : {"rgb.png", "rgb.bmp", "rgb.ppm", "rgb_lossless.webp", "rgb_lzw.tif"}) {
    EXPECT_NE(reason(golden_bytes("pictures/" + std::string(file)), small).find("19x23"),
              std::string::npos)
        << file;
  }
  std::string png = golden_bytes("pictures/rgb.png");
  png[16] = png[20] = 1;  // 2^24 a side
  EXPECT_NE(reason(png).find("at most 89478485"), std::string::npos);
  std::string jpeg = golden_bytes("pictures/baseline_420.jpg");
  const size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  for (const size_t i : {5, 6, 7, 8}) jpeg[frame + i] = '\x75';  // 30069 x 30069
  EXPECT_NE(reason(jpeg).find("30069x30069"), std::string::npos);
}

TEST(ReadImageHeader, SizesOfAllFormats) {
  for (const char* file : {"rgb.png", "rgb.bmp", "rgb.ppm", "rgb_lossless.webp", "rgb_lzw.tif"}) {
    const ImageHeader header =
        read_image_header(golden_bytes("pictures/" + std::string(file)), file);
    EXPECT_EQ(header.size, (Size2d{19, 23})) << file;
  }
  const ImageHeader jpeg = read_image_header(golden_bytes("pictures/progressive.jpg"), "p");
  EXPECT_EQ(jpeg.size, (Size2d{38, 46}));
  EXPECT_EQ(format_name(jpeg.format), "JPEG");
}

// Runs over folders of unusual files when MAE_ODD_IMAGES names them, separated by colons: each
// decodes or is refused.
TEST(DecodeImage, OddFilesDecodeOrAreRefused) {
  const char* folders = std::getenv("MAE_ODD_IMAGES");
  if (folders == nullptr) GTEST_SKIP() << "MAE_ODD_IMAGES is not set";
  testing::internal::CaptureStderr();
  std::string list = folders;
  int decoded = 0, refused = 0;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(':', at), list.size());
    for (const auto& entry : std::filesystem::directory_iterator(list.substr(at, end - at))) {
      if (!entry.is_regular_file()) continue;
      try {
        const Image image = decode_image(read_file(entry.path()), entry.path(), {});
        EXPECT_EQ(image.bytes.size(), static_cast<size_t>(image.height * image.width * 3));
        ++decoded;
      } catch (const DataError& error) {
        if (std::getenv("MAE_ODD_IMAGES_LIST")) std::cout << error.line() << "\n";
        ++refused;
      }
    }
    at = end + 1;
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  std::cout << decoded << " decoded, " << refused << " refused\n";
}

}  // namespace
}  // namespace mae
