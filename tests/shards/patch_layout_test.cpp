#include "mae/shards/patch_layout.h"

#include <gtest/gtest.h>

namespace mae {
namespace {

TEST(PatchLayout, RowMajorGridThenRowColumnChannel) {
  PatchLayout layout{{4, 6}, {2, 3}, 2, 8};
  EXPECT_EQ(layout.patches(), 4);
  EXPECT_EQ(layout.patch_values(), 12);
  Image image;
  image.height = 4;
  image.width = 6;
  image.channels = 2;
  for (int i = 0; i < 48; ++i) image.bytes.push_back(static_cast<uint8_t>(i));
  const std::vector<uint8_t> patches = gather_patches(image, layout);
  EXPECT_EQ(std::vector<uint8_t>(patches.begin(), patches.begin() + 12),
            (std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17}));
  EXPECT_EQ(patches[12], 6);   // second patch: to the right
  EXPECT_EQ(patches[24], 24);  // third: the next row of the grid
}

TEST(PatchLayout, ClipsAreCutIntoTubelets) {
  PatchLayout layout{{4, 6}, {2, 3}, 2, 8};
  layout.frames = 4;
  layout.tubelet_size = 2;
  EXPECT_EQ(layout.patches(), 8);
  EXPECT_EQ(layout.patch_values(), 24);
  Image tall{16, 6, 2, 8, {}};
  for (int i = 0; i < 192; ++i) tall.bytes.push_back(static_cast<uint8_t>(i));
  const std::vector<uint8_t> tubelets = gather_patches(tall, layout);
  for (int slot = 0; slot < 2; ++slot) {
    for (int patch = 0; patch < 4; ++patch) {
      for (int t = 0; t < 2; ++t) {
        for (int row = 0; row < 2; ++row) {
          for (int value = 0; value < 6; ++value) {
            const int y = (2 * slot + t) * 4 + patch / 2 * 2 + row;
            ASSERT_EQ(tubelets[((slot * 4 + patch) * 2 + t) * 12 + row * 6 + value],
                      y * 12 + patch % 2 * 6 + value);
          }
        }
      }
    }
  }
}

TEST(PatchLayout, EveryNumberLandsWhereTheFormatSays) {
  for (const int bit_depth : {8, 16}) {
    PatchLayout layout{{6, 8}, {3, 2}, 3, bit_depth};
    Image image;
    image.height = 6;
    image.width = 8;
    image.channels = 3;
    image.bit_depth = bit_depth;
    image.bytes.resize(6 * 8 * 3 * bit_depth / 8);
    for (size_t i = 0; i < image.bytes.size(); ++i) image.bytes[i] = static_cast<uint8_t>(i * 31);
    const std::vector<uint8_t> patches = gather_patches(image, layout);
    const int64_t size = bit_depth / 8;
    for (int64_t y = 0; y < 6; ++y) {
      for (int64_t x = 0; x < 8; ++x) {
        for (int64_t c = 0; c < 3; ++c) {
          const int64_t patch = y / 3 * 4 + x / 2, inside = (y % 3 * 2 + x % 2) * 3 + c;
          for (int64_t b = 0; b < size; ++b) {
            ASSERT_EQ(patches[(patch * 18 + inside) * size + b],
                      image.bytes[((y * 8 + x) * 3 + c) * size + b]);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace mae
