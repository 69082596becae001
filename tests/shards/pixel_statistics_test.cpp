#include "mae/shards/pixel_statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mae {
namespace {

Image pixels(std::vector<uint8_t> bytes, int64_t channels) {
  Image image;
  image.height = 1;
  image.channels = channels;
  image.width = static_cast<int64_t>(bytes.size()) / channels;
  image.bytes = std::move(bytes);
  return image;
}

TEST(PixelStatistics, MeanAndDeviationOverAllPixels) {
  PixelStatistics statistics;
  statistics.add(pixel_sums(pixels({0, 10, 255, 10}, 2)));
  statistics.add(pixel_sums(pixels({255, 40}, 2)));
  const PixelMoments moments = statistics.moments(8);
  EXPECT_DOUBLE_EQ(moments.mean[0], 2.0 / 3.0);
  EXPECT_NEAR(moments.std[0], std::sqrt(2.0 / 9.0), 1e-12);
  EXPECT_DOUBLE_EQ(moments.mean[1], 20.0 / 255.0);
  EXPECT_NEAR(moments.std[1], std::sqrt(200.0) / 255.0, 1e-12);
}

TEST(PixelStatistics, ConstantChannelsDivideByOne) {
  PixelStatistics statistics;
  statistics.add(pixel_sums(pixels({7, 7, 7}, 1)));
  EXPECT_EQ(statistics.moments(8).std[0], 1.0);
}

TEST(PixelStatistics, SixteenBitsUseTheirOwnRange) {
  Image image = pixels({0, 0, 0xFF, 0xFF}, 1);
  image.width = 2;
  image.bit_depth = 16;
  PixelStatistics statistics;
  statistics.add(pixel_sums(image));
  EXPECT_DOUBLE_EQ(statistics.moments(16).mean[0], 0.5);
  EXPECT_NEAR(statistics.moments(16).std[0], 0.5, 1e-12);
}

}  // namespace
}  // namespace mae
