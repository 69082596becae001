// The scales are those of the published policy: what an operation's magnitude of 0 to 10 means.
#include "mae/media/rand_augment.h"

#include <algorithm>
#include <array>

#include "mae/base/error.h"
#include "mae/media/affine.h"
#include "mae/media/color_jitter.h"
#include "mae/media/pixel_operations.h"
#include "mae/media/rounding.h"
#include "mae/media/sharpness.h"

namespace mae {
namespace {

constexpr double kMaxMagnitude = 10;
constexpr double kProbability = 0.5;  // of an operation that was drawn

int posterize_bits(double level, bool increasing);
int solarize_threshold(double level, bool increasing);
double enhancement(const AugmentStep& step, double level, bool increasing);

}  // namespace

std::vector<AugmentStep> draw_rand_augment(const RandAugmentOptions& options,
                                           RandomStream& random) {
  std::vector<AugmentStep> steps;
  for (int i = 0; i < options.num_ops; ++i) {
    AugmentStep step;
    step.operation = static_cast<AugmentOperation>(random.below(kAugmentOperations));
    const bool applied = random.uniform() <= kProbability;
    step.magnitude = options.magnitude;
    if (options.magnitude_std > 0) step.magnitude += options.magnitude_std * random.normal();
    step.magnitude = std::clamp(step.magnitude, 0.0, kMaxMagnitude);
    step.negative = random.uniform() > 0.5;
    if (applied) steps.push_back(step);
  }
  return steps;
}

Image apply_step(const Image& image, const AugmentStep& step, const RandAugmentOptions& options) {
  const double level = step.magnitude / kMaxMagnitude;  // 0 to 1
  const auto directed = [&](double value) { return step.negative ? -value : value; };
  const double factor = enhancement(step, level, options.increasing);
  switch (step.operation) {
    case AugmentOperation::kAutoContrast:
      return auto_contrast(image);
    case AugmentOperation::kEqualize:
      return equalize(image);
    case AugmentOperation::kInvert:
      return invert(image);
    case AugmentOperation::kRotate:
      return rotate(image, directed(level * 30), options.fill);
    case AugmentOperation::kPosterize:
      return posterize(image, posterize_bits(level, options.increasing));
    case AugmentOperation::kSolarize:
      return solarize(image, solarize_threshold(level, options.increasing));
    case AugmentOperation::kSolarizeAdd:
      return solarize_add(image, static_cast<int>(level * 110));
    case AugmentOperation::kColor:
      return adjust_saturation(image, factor);
    case AugmentOperation::kContrast:
      return adjust_contrast(image, factor);
    case AugmentOperation::kBrightness:
      return adjust_brightness(image, factor);
    case AugmentOperation::kSharpness:
      return adjust_sharpness(image, factor);
    case AugmentOperation::kShearX:
      return shear_x(image, directed(level * 0.3), options.fill);
    case AugmentOperation::kShearY:
      return shear_y(image, directed(level * 0.3), options.fill);
    case AugmentOperation::kTranslateX:
      return translate_x(image, directed(level * 0.45) * static_cast<double>(image.width),
                         options.fill);
    case AugmentOperation::kTranslateY:
      return translate_y(image, directed(level * 0.45) * static_cast<double>(image.height),
                         options.fill);
  }
  return image;
}

Image rand_augment(const Image& image, const RandAugmentOptions& options, RandomStream& random) {
  check_rand_augment(image.channels, image.bit_depth);
  Image out = image;
  for (const AugmentStep& step : draw_rand_augment(options, random)) {
    out = apply_step(out, step, options);
  }
  return out;
}

bool can_rand_augment(int64_t channels, int bit_depth) {
  return (channels == 1 || channels == 3) && bit_depth == 8;
}

void check_rand_augment(int64_t channels, int bit_depth) {
  if (can_rand_augment(channels, bit_depth)) return;
  throw UsageError("RandAugment takes pictures of 8 bits with 1 or 3 channels; these have " +
                       std::to_string(bit_depth) + " bits and " + std::to_string(channels) +
                       " channels",
                   "--aa", "switch it off with --aa none");
}

std::vector<uint8_t> fill_of_mean(const std::vector<double>& mean) {
  std::vector<uint8_t> fill;
  for (const double value : mean) {
    fill.push_back(
        static_cast<uint8_t>(std::clamp<int64_t>(round_half_to_even(255 * value), 0, 255)));
  }
  return fill;
}

namespace {

int posterize_bits(double level, bool increasing) {
  const int bits = static_cast<int>(level * 4);
  return increasing ? 4 - bits : bits;
}

int solarize_threshold(double level, bool increasing) {
  const int threshold = static_cast<int>(level * 256);
  return increasing ? 256 - threshold : threshold;
}

/// Factor of colour, contrast, brightness and sharpness; 1 changes nothing.
double enhancement(const AugmentStep& step, double level, bool increasing) {
  if (!increasing) return level * 1.8 + 0.1;
  return 1.0 + (step.negative ? -(level * 0.9) : level * 0.9);
}

}  // namespace
}  // namespace mae
