// What each augmentation draws, and that it draws it from the sample's stream alone.
#include "mae/data/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "mae/base/error.h"
#include "mae/media/resample.h"
#include "support/memory_dataset.h"

namespace mae {
namespace {

Image picture(Size2d size, int64_t index = 0) {
  return test::MemoryDataset(index + 1, size).image(index);
}

Image augment(const Image& image, Augment kind, Size2d img_size, uint64_t sample,
              bool horizontal_flip = true) {
  AugmentOptions options;
  options.augment = kind;
  options.img_size = img_size;
  options.horizontal_flip = horizontal_flip;
  RandomStream random(7, "augment", 0, sample);
  return augment_image(image, options, random);
}

TEST(Augment, NamesAreParsedAndPrinted) {
  for (const std::string name : {"none", "flip", "crop-fixed", "crop", "crop-color"})
    EXPECT_EQ(augment_name(parse_augment(name)), name);
  EXPECT_THROW(parse_augment("Crop"), UsageError);
}

TEST(Augment, NoneLeavesAStoredPictureAlone) {
  const Image image = picture({32, 32});
  EXPECT_EQ(augment(image, Augment::kNone, {32, 32}, 1).bytes, image.bytes);
}

TEST(Augment, NoneIsThePublishedEvaluationForOtherSizes) {
  const Image image = picture({50, 80});
  const Image expected = resize_and_center_crop(image, 36, {32, 32});  // int(32 * 256 / 224)
  EXPECT_EQ(augment(image, Augment::kNone, {32, 32}, 1).bytes, expected.bytes);
}

TEST(Augment, EvaluationCoversSizesThatAreNotSquare) {
  EXPECT_EQ(evaluation_short_side({500, 375}, {224, 224}), 256);
  // 100 x 100 to 32 x 64: the width decides, so nothing of the crop is padding.
  const Image wide = evaluation_image(picture({100, 100}), {32, 64});
  EXPECT_EQ(size_text({wide.height, wide.width}), "32x64");
  EXPECT_EQ(evaluation_short_side({100, 100}, {32, 64}), 64 * 256 / 224);
  EXPECT_EQ(evaluation_short_side({100, 200}, {32, 64}), 32 * 256 / 224);
}

/// Everything that nobody said they would look at is white.
Image whitened(Image image, const Box& kept) {
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      const bool inside = y >= kept.top && y < kept.top + kept.height && x >= kept.left &&
                          x < kept.left + kept.width;
      for (int64_t c = 0; c < 3 && !inside; ++c)
        image.bytes[static_cast<size_t>((y * image.width + x) * 3 + c)] = 255;
    }
  return image;
}

TEST(Augment, LooksAtNothingOutsideItsReach) {
  int64_t left_out = 0;
  for (const Augment kind : {Augment::kNone, Augment::kFlip, Augment::kCropFixed, Augment::kCrop,
                             Augment::kCropColor, Augment::kMultiScale}) {
    for (uint64_t sample = 0; sample < 24; ++sample) {
      RandomStream random(8, "reach", 0, sample);
      const Size2d size{20 + random.below(60), 20 + random.below(60)};
      AugmentOptions options;
      options.augment = kind;
      options.img_size = sample % 4 == 0 ? size : Size2d{16, 24};
      const Image image = picture(size, static_cast<int64_t>(sample));
      const Image part = whitened(image, reach_of_augment(size, options, random));
      RandomStream first = random, second = random;
      EXPECT_EQ(augment_image(part, options, first).bytes,
                augment_image(image, options, second).bytes)
          << augment_name(kind) << ", " << size_text(size);
      left_out += part.bytes != image.bytes;
    }
  }
  EXPECT_GT(left_out, 60);
}

TEST(Augment, FlipTurnsAboutHalfOfThePictures) {
  const Image image = picture({16, 16}), turned = flip_horizontal(image);
  int flips = 0;
  for (uint64_t sample = 0; sample < 400; ++sample) {
    const Image out = augment(image, Augment::kFlip, {16, 16}, sample);
    ASSERT_TRUE(out.bytes == image.bytes || out.bytes == turned.bytes);
    flips += out.bytes == turned.bytes;
    EXPECT_EQ(augment(image, Augment::kFlip, {16, 16}, sample, false).bytes, image.bytes);
  }
  EXPECT_GT(flips, 150);
  EXPECT_LT(flips, 250);
}

TEST(Augment, CropFixedPadsAStoredPictureByItsMirrorImage) {
  const Image image = picture({16, 16});
  const auto mirror = [](int64_t i) { return i < 0 ? -i : (i > 15 ? 30 - i : i); };
  std::set<std::pair<int64_t, int64_t>> offsets;
  for (uint64_t sample = 0; sample < 300; ++sample) {
    const Image out = augment(image, Augment::kCropFixed, {16, 16}, sample, false);
    for (int64_t top = -2; top <= 2; ++top)
      for (int64_t left = -2; left <= 2; ++left) {
        bool equal = true;
        for (int64_t y = 0; y < 16 && equal; ++y)
          for (int64_t x = 0; x < 16 && equal; ++x)
            for (int64_t c = 0; c < 3; ++c)
              equal = equal && out.bytes[static_cast<size_t>((y * 16 + x) * 3 + c)] ==
                                   image.bytes[static_cast<size_t>(
                                       (mirror(y + top) * 16 + mirror(x + left)) * 3 + c)];
        if (equal) offsets.insert({top, left});
      }
  }
  EXPECT_EQ(offsets.size(), 25u) << "every offset up to an eighth is drawn";
}

TEST(Augment, CropFixedTakesWindowsOfALargerPicture) {
  const Image image = picture({36, 36});  // 256/224 of 32: no resampling
  const Image out = augment(image, Augment::kCropFixed, {32, 32}, 3, false);
  bool found = false;
  for (int64_t top = 0; top <= 4; ++top)
    for (int64_t left = 0; left <= 4; ++left)
      found = found || crop(image, {top, left, 32, 32}).bytes == out.bytes;
  EXPECT_TRUE(found);
}

TEST(Augment, CropIsTheBoxOfTheStreamResampled) {
  const Image image = picture({40, 60});
  RandomStream random(7, "augment", 0, 9);
  const Box box = random_crop_box({40, 60}, RandomCropOptions{}, random);
  const Image expected = crop_and_resample(image, box, {32, 32});
  EXPECT_EQ(augment(image, Augment::kCrop, {32, 32}, 9, false).bytes, expected.bytes);
}

TEST(Augment, CropColorChangesColoursOnly) {
  const Image image = picture({40, 60});
  const Image plain = augment(image, Augment::kCrop, {32, 32}, 9);
  const Image coloured = augment(image, Augment::kCropColor, {32, 32}, 9);
  EXPECT_EQ(coloured.bytes.size(), plain.bytes.size());
  EXPECT_NE(coloured.bytes, plain.bytes);
}

AugmentOptions options_with(Augment kind) {
  AugmentOptions options;
  options.augment = kind;
  options.img_size = {32, 32};
  return options;
}

Image augmented(const Image& image, const AugmentOptions& options, uint64_t sample) {
  RandomStream random(7, "augment", 0, sample);
  return augment_image(image, options, random);
}

TEST(Augment, RandAugmentFollowsTheFlipAndReplacesJitter) {
  const Image image = picture({40, 60});
  int changed = 0;
  for (uint64_t sample = 0; sample < 20; ++sample) {
    AugmentOptions options = options_with(Augment::kCrop);
    RandomStream random(7, "augment", 0, sample);
    const Image plain = augment_image(image, options, random);
    const Image expected = rand_augment(plain, RandAugmentOptions{}, random);
    options.rand_augment = RandAugmentOptions{};
    options.color_jitter = 0.4;
    EXPECT_EQ(augmented(image, options, sample).bytes, expected.bytes);
    changed += expected.bytes != plain.bytes;
  }
  EXPECT_GT(changed, 8);
}

TEST(Augment, ColourJitterHasItsStrength) {
  const Image image = picture({40, 60});
  AugmentOptions options = options_with(Augment::kCrop);
  const Image plain = augmented(image, options, 9);
  options.color_jitter = 0.4;
  EXPECT_EQ(augmented(image, options, 9).bytes,
            augmented(image, options_with(Augment::kCropColor), 9).bytes);
  options.color_jitter = 1e-9;
  const Image hardly = augmented(image, options, 9);
  int64_t largest = 0;
  for (size_t i = 0; i < plain.bytes.size(); ++i) {
    largest = std::max<int64_t>(largest, std::abs(plain.bytes[i] - hardly.bytes[i]));
  }
  EXPECT_LE(largest, 1);
}

TEST(Augment, NoneLeavesColoursAlone) {
  const Image image = picture({32, 32});
  AugmentOptions options = options_with(Augment::kNone);
  options.rand_augment = RandAugmentOptions{};
  options.color_jitter = 0.4;
  EXPECT_EQ(augmented(image, options, 3).bytes, image.bytes);
}

TEST(Augment, DependsOnTheSampleAlone) {
  const Image image = picture({40, 60});
  for (const Augment kind :
       {Augment::kFlip, Augment::kCropFixed, Augment::kCrop, Augment::kCropColor}) {
    EXPECT_EQ(augment(image, kind, {32, 32}, 4).bytes, augment(image, kind, {32, 32}, 4).bytes);
    if (kind != Augment::kFlip) {
      EXPECT_NE(augment(image, kind, {32, 32}, 4).bytes, augment(image, kind, {32, 32}, 5).bytes);
    }
  }
}

}  // namespace
}  // namespace mae
