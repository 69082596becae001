#include "mae/media/animated_png.h"

#include <gtest/gtest.h>

#include "mae/media/clip_reader.h"
#include "pictures.h"

namespace mae {
namespace {

Image two_frames() {
  return stack_frames({image_of(2, 2, 1, {10, 20, 30, 40}), image_of(2, 2, 1, {50, 60, 70, 80})});
}

size_t count_of(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(AnimatedPng, ProgramsThatKnowNoAnimationSeeTheFirstFrame) {
  const Image first = decode_image(encode_animated_png(two_frames(), 2, 100), "a.png", {1});
  EXPECT_EQ(first.height, 2);
  EXPECT_EQ(first.bytes, (std::vector<uint8_t>{10, 20, 30, 40}));
}

TEST(AnimatedPng, HasAChunkForEveryFrame) {
  const std::string png = encode_animated_png(two_frames(), 2, 100);
  EXPECT_EQ(count_of(png, "acTL"), 1u);
  EXPECT_EQ(count_of(png, "fcTL"), 2u);
  EXPECT_EQ(count_of(png, "IDAT"), 1u);
  EXPECT_EQ(count_of(png, "fdAT"), 1u);
  EXPECT_LT(png.find("acTL"), png.find("IDAT"));
}

TEST(AnimatedPng, OneFrameIsAPlainPng) {
  const Image image = image_of(1, 2, 1, {1, 2});
  EXPECT_EQ(encode_animated_png(image, 1, 100), encode_png(image));
}

}  // namespace
}  // namespace mae
