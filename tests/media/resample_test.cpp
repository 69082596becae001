#include "mae/media/resample.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "mae/base/kernel_choice.h"
#include "mae/base/random_stream.h"
#include "pictures.h"

namespace mae {
namespace {

/// Samples that any language can make again: the high bits of a multiplicative sequence.
Image sequence(Size2d size, int64_t channels, int bit_depth = 8) {
  Image image;
  image.height = size.height;
  image.width = size.width;
  image.channels = channels;
  image.bit_depth = bit_depth;
  image.bytes.resize(size.area() * channels * (bit_depth / 8));
  for (int64_t i = 0; i < size.area() * channels; ++i) {
    const auto v = static_cast<uint32_t>(uint64_t(i) * 2654435761u + 12345u);
    if (bit_depth == 8) image.bytes[i] = static_cast<uint8_t>(v >> 24);
    if (bit_depth == 16) image.samples16()[i] = static_cast<uint16_t>(v >> 16);
  }
  return image;
}

uint32_t checksum(const Image& image) {
  return static_cast<uint32_t>(crc32(0, image.bytes.data(), static_cast<uInt>(image.bytes.size())));
}

Image published_8x8() {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) bytes.push_back(static_cast<uint8_t>(17 * i + 31 * j * j));
  }
  return image_of(8, 8, 1, bytes);
}

TEST(Resample, GoldenBicubicDown) {
  EXPECT_EQ(resample(published_8x8(), {5, 5}).bytes,
            (std::vector<uint8_t>{17, 88, 88, 56,  127, 43,  121, 30,  57,  55,  71,  149, 63,
                                  87, 89, 98, 176, 90,  114, 116, 124, 202, 116, 140, 142}));
}

TEST(Resample, GoldenBicubicUpAndDown) {
  const Image image = resample(published_8x8(), {6, 11});
  EXPECT_EQ(std::vector<uint8_t>(image.bytes.begin(), image.bytes.begin() + 11),
            (std::vector<uint8_t>{1, 15, 66, 126, 36, 107, 158, 13, 59, 136, 184}));
}

// CRC-32 of Pillow 13's output (four channels: each band alone, as Pillow itself would weight
// colour by alpha).
TEST(Resample, EqualsPillowInManyShapes) {
  struct Case {
    Size2d in;
    int64_t channels;
    Size2d out;
    Filter filter;
    uint32_t crc;
  };
  const Case cases[] = {
      {{37, 53}, 1, {20, 71}, Filter::kBicubic, 0xE01A5D4B},
      {{37, 53}, 3, {61, 19}, Filter::kBicubic, 0x3216781C},
      {{40, 30}, 4, {13, 29}, Filter::kBilinear, 0x83BF5C47},
      {{5, 7}, 3, {64, 64}, Filter::kBicubic, 0x2A8269D0},
      {{64, 64}, 3, {1, 1}, Filter::kBicubic, 0xE54D3674},
      {{300, 11}, 3, {11, 300}, Filter::kBicubic, 0xF26E98A1},
      {{33, 47}, 3, {33, 12}, Filter::kBicubic, 0xDB856616},
      {{33, 47}, 3, {80, 47}, Filter::kBilinear, 0xB81927D2},
      {{1, 1}, 3, {5, 4}, Filter::kBicubic, 0xF6808714},
  };
  for (const Case& c : cases) {
    const Image out = resample(sequence(c.in, c.channels), c.out, c.filter);
    EXPECT_EQ(checksum(out), c.crc) << size_text(c.in) << " -> " << size_text(c.out);
  }
}

TEST(Resample, SixteenBitsEqualPillow) {
  EXPECT_EQ(checksum(resample(sequence({37, 53}, 1, 16), {20, 71})), 0x81F8DBE8);
}

TEST(Resample, AnyNumberOfChannelsEqualsEachAlone) {
  const Image five = sequence({21, 17}, 5);
  const Image small = resample(five, {9, 30});
  for (int64_t c = 0; c < 5; ++c) {
    Image one = image_of(21, 17, 1, {});
    for (int64_t i = 0; i < 21 * 17; ++i) one.bytes.push_back(five.bytes[i * 5 + c]);
    const Image expected = resample(one, {9, 30});
    for (int64_t i = 0; i < 9 * 30; ++i) ASSERT_EQ(small.bytes[i * 5 + c], expected.bytes[i]) << c;
  }
}

TEST(Resample, CropAndResampleIsCropThenResample) {
  for (const int bit_depth : {8, 16}) {
    const Image image = sequence({50, 60}, 3, bit_depth);
    const Box boxes[] = {{3, 4, 20, 31}, {0, 0, 50, 60}, {49, 59, 1, 1}, {10, 10, 24, 12}};
    for (const Box& box : boxes) {
      EXPECT_EQ(crop_and_resample(image, box, {24, 24}).bytes,
                resample(crop(image, box), {24, 24}).bytes);
    }
  }
}

// Rows shorter than a vector, pictures whose last row ends the memory, every shrinking and growing.
TEST(Resample, FastSumsEqualThePlainOnes) {
  RandomStream random(5, "resample-test", 0, 0);
  const auto side = [&random](int64_t most) {
    return 1 + static_cast<int64_t>(random.below(most));
  };
  for (int trial = 0; trial < 300; ++trial) {
    const int64_t channels = side(5);
    const Size2d from{side(70), side(90)}, size{side(60), side(60)};
    const Filter filter = trial % 2 ? Filter::kBilinear : Filter::kBicubic;
    const Image image = sequence(from, channels);
    set_own_kernels(true);
    const Image fast = resample(image, size, filter);
    set_own_kernels(false);
    const Image plain = resample(image, size, filter);
    set_own_kernels(true);
    ASSERT_EQ(fast.bytes, plain.bytes)
        << size_text(from) << " x " << channels << " -> " << size_text(size);
  }
}

TEST(Resample, SameSizeIsACopy) {
  const Image image = sequence({9, 8}, 3);
  EXPECT_EQ(resample(image, {9, 8}).bytes, image.bytes);
}

TEST(Resample, ConstantImagesStayConstant) {
  for (const uint8_t value : {uint8_t{0}, uint8_t{1}, uint8_t{128}, uint8_t{255}}) {
    const Image image = image_of(31, 45, 3, std::vector<uint8_t>(31 * 45 * 3, value));
    for (const uint8_t v : resample(image, {13, 77}).bytes) ASSERT_EQ(v, value);
  }
}

// The window is computed alone; it must equal the crop of the whole, whichever pass comes first or
// is skipped.
TEST(ResizeAndCenterCrop, EqualsResampleThenCrop) {
  const Size2d images[] = {{40, 90}, {90, 40}, {200, 41}, {33, 33}, {32, 50}, {50, 32}, {32, 32}};
  for (const int bit_depth : {8, 16}) {
    for (const Size2d from : images) {
      const Image image = sequence(from, 3, bit_depth);
      for (const Size2d size : {Size2d{28, 28}, Size2d{32, 20}, Size2d{7, 32}, Size2d{50, 60}}) {
        const Image whole = resample(image, short_side_size(from, 32));
        EXPECT_EQ(resize_and_center_crop(image, 32, size).bytes, center_crop(whole, size).bytes)
            << size_text(from) << " -> " << size_text(size);
      }
    }
  }
}

TEST(ResizeAndCenterCrop, ExtremeShapesCostLittle) {
  const Image line = sequence({1, 60000}, 3);  // the whole would be 256 x 15,360,000 pixels, 11 GiB
  EXPECT_EQ(resize_and_center_crop(line, 256, {224, 224}).height, 224);
}

TEST(ShortSideSize, TruncatesTheLongSide) {
  EXPECT_EQ(short_side_size({375, 500}, 256), (Size2d{256, 341}));
  EXPECT_EQ(short_side_size({500, 375}, 256), (Size2d{341, 256}));
  EXPECT_EQ(short_side_size({7, 7}, 3), (Size2d{3, 3}));
  EXPECT_EQ(short_side_size({1, 1000}, 256), (Size2d{256, 256000}));
}

}  // namespace
}  // namespace mae
