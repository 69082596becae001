// RandAugment against Pillow, its notation, and how often it draws what.
#include "mae/media/rand_augment.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <map>
#include <sstream>

#include "mae/base/error.h"
#include "pictures.h"

namespace mae {
namespace {

const std::map<std::string, AugmentOperation> kOperations{
    {"auto_contrast", AugmentOperation::kAutoContrast},
    {"equalize", AugmentOperation::kEqualize},
    {"invert", AugmentOperation::kInvert},
    {"rotate", AugmentOperation::kRotate},
    {"posterize", AugmentOperation::kPosterize},
    {"solarize", AugmentOperation::kSolarize},
    {"solarize_add", AugmentOperation::kSolarizeAdd},
    {"color", AugmentOperation::kColor},
    {"contrast", AugmentOperation::kContrast},
    {"brightness", AugmentOperation::kBrightness},
    {"sharpness", AugmentOperation::kSharpness},
    {"shear_x", AugmentOperation::kShearX},
    {"shear_y", AugmentOperation::kShearY},
    {"translate_x", AugmentOperation::kTranslateX},
    {"translate_y", AugmentOperation::kTranslateY}};

/// The pictures of tests/golden/rand_augment/make_cases.py.
std::map<std::string, Image> case_pictures() {
  const auto photo = [](int channels) {
    return crop(golden_image("preprocess/bearskin_crop_224.png", channels), {30, 20, 47, 61});
  };
  Image dark = photo(3);
  for (uint8_t& value : dark.bytes) value = static_cast<uint8_t>(20 + value / 5);
  std::vector<uint8_t> flat;
  for (int i = 0; i < 7 * 9; ++i) flat.insert(flat.end(), {3, 200, 90});
  return {{"photo", photo(3)},
          {"grey", photo(1)},
          {"dark", dark},
          {"flat", image_of(7, 9, 3, flat)},
          {"tiny", crop(photo(3), {10, 10, 5, 2})}};
}

std::string checksum(const Image& image) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08lx",
                crc32(0, image.bytes.data(), static_cast<uInt>(image.bytes.size())));
  return text.data();
}

TEST(RandAugment, EveryOperationEqualsPillowToTheBit) {
  const auto pictures = case_pictures();
  std::istringstream cases(golden_bytes("rand_augment/cases.tsv"));
  std::map<std::string, int> checked;
  std::string picture, operation, direction, expected;
  double magnitude = 0;
  int increasing = 0;
  while (cases >> picture >> operation >> magnitude >> direction >> increasing >> expected) {
    const Image& image = pictures.at(picture);
    RandAugmentOptions options;
    options.increasing = increasing == 1;
    if (image.channels == 1) options.fill = {120};
    const Image made =
        apply_step(image, {kOperations.at(operation), magnitude, direction == "-"}, options);
    EXPECT_EQ(checksum(made), expected)
        << picture << " " << operation << " " << direction << magnitude << " inc" << increasing;
    ++checked[operation];
  }
  EXPECT_EQ(checked.size(), kOperations.size());
}

TEST(RandAugment, NotationIsReadAndWritten) {
  const RandAugmentOptions published = parse_rand_augment("rand-m9-mstd0.5-inc1");
  EXPECT_EQ(published.magnitude, 9);
  EXPECT_EQ(published.num_ops, 2);
  EXPECT_EQ(published.magnitude_std, 0.5);
  EXPECT_TRUE(published.increasing);
  EXPECT_EQ(rand_augment_name(RandAugmentOptions{}), "rand-m9-n2-mstd0.5-inc1");
  EXPECT_EQ(rand_augment_name(published), "rand-m9-n2-mstd0.5-inc1");
  EXPECT_EQ(rand_augment_name(parse_rand_augment("rand")), "rand-m10-n2-mstd0-inc0");
  for (const char* text : {"rand-m5-n3-mstd0-inc0", "rand-m0-n1-mstd1.25-inc1"}) {
    EXPECT_EQ(rand_augment_name(parse_rand_augment(text)), text);
  }
}

TEST(RandAugment, WrongNotationIsNamed) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      parse_rand_augment(text);
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), "--aa");
      return error.line();
    }
    return "accepted";
  };
  const std::pair<const char*, const char*> cases[] = {
      {"", "unknown augmentation ''"},
      {"augmix-m5", "unknown augmentation"},
      {"rand-m11", "'m11': expected a magnitude from 0 to 10"},
      {"rand-m9-m8", "'m' is given twice"},
      {"rand-n0", "'n0': expected a whole number"},
      {"rand-n1.5", "'n1.5': expected a whole number"},
      {"rand-mstdx", "'mstdx' has no number"},
      {"rand-inc2", "'inc2': expected inc0 or inc1"},
      {"rand-w0", "unknown part 'w0'"},
      {"rand-", "'' has no number"},
      {"rand-m9x", "'m9x' has no number"},
      {"rand-m1e999", "has no number"}};
  for (const auto& [text, part] : cases) {
    EXPECT_NE(message(text).find(part), std::string::npos) << text << ": " << message(text);
  }
}

TEST(RandAugment, DrawsAsOftenAndAsStronglyAsPublished) {
  constexpr int kPictures = 20000;
  std::map<AugmentOperation, int> counts;
  int steps = 0, negative = 0, at_most = 0;
  double sum = 0, squares = 0;
  for (uint64_t sample = 0; sample < kPictures; ++sample) {
    RandomStream random(1, "augment", 0, sample);
    for (const AugmentStep& step : draw_rand_augment(RandAugmentOptions{}, random)) {
      ++counts[step.operation];
      ++steps;
      negative += step.negative ? 1 : 0;
      at_most += step.magnitude == 10 ? 1 : 0;
      sum += step.magnitude;
      squares += (step.magnitude - 9) * (step.magnitude - 9);
    }
  }
  EXPECT_NEAR(steps, kPictures, 500);  // two drawn, half of them applied
  EXPECT_NEAR(negative, steps / 2, 400);
  EXPECT_EQ(counts.size(), static_cast<size_t>(kAugmentOperations));
  for (const auto& [operation, count] : counts) {
    EXPECT_NEAR(count, steps / kAugmentOperations, 200) << static_cast<int>(operation);
  }
  // N(9, 0.5), what lies above 10 (2.3 per cent) moved to 10.
  EXPECT_NEAR(sum / steps, 9, 0.02);
  EXPECT_NEAR(std::sqrt(squares / steps), 0.5, 0.02);
  EXPECT_NEAR(at_most / static_cast<double>(steps), 0.0228, 0.005);
}

TEST(RandAugment, WithoutADeviationTheMagnitudeIsTheGivenOne) {
  RandomStream random(1, "augment");
  const auto steps = draw_rand_augment(parse_rand_augment("rand-m4-n60"), random);
  EXPECT_GT(steps.size(), 15U);
  EXPECT_LT(steps.size(), 45U);
  for (const AugmentStep& step : steps) EXPECT_EQ(step.magnitude, 4);
}

TEST(RandAugment, AppliesItsStepsInOrder) {
  const Image image = case_pictures().at("photo");
  RandAugmentOptions options;
  for (uint64_t sample = 0; sample < 20; ++sample) {
    RandomStream random(3, "augment", 0, sample), again(3, "augment", 0, sample);
    Image expected = image;
    for (const AugmentStep& step : draw_rand_augment(options, again)) {
      expected = apply_step(expected, step, options);
    }
    EXPECT_EQ(rand_augment(image, options, random).bytes, expected.bytes);
    EXPECT_EQ(random.next_u32(), again.next_u32());  // nothing else was drawn
  }
}

TEST(RandAugment, OtherPicturesAreRefused) {
  check_rand_augment(1, 8);
  check_rand_augment(3, 8);
  EXPECT_THROW(check_rand_augment(4, 8), UsageError);
  EXPECT_THROW(check_rand_augment(3, 16), UsageError);
}

TEST(RandAugment, FillIsTheRoundedMean) {
  EXPECT_EQ(fill_of_mean({0.485, 0.456, 0.406}), (std::vector<uint8_t>{124, 116, 104}));
  EXPECT_EQ(fill_of_mean({-1, 0.5, 2}), (std::vector<uint8_t>{0, 128, 255}));  // 127.5 to even
}

}  // namespace
}  // namespace mae
