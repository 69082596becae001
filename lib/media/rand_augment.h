// RandAugment (Cubuk et al., arXiv 1909.13719) as the published fine-tuning uses it (spec 3.5): a
// few operations of fifteen, drawn with replacement, each applied with probability 1/2 at a
// magnitude near a common one.
#pragma once

#include <string>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/media/image.h"

namespace mae {

enum class AugmentOperation {
  kAutoContrast,
  kEqualize,
  kInvert,
  kRotate,
  kPosterize,
  kSolarize,
  kSolarizeAdd,
  kColor,
  kContrast,
  kBrightness,
  kSharpness,
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY
};
constexpr int kAugmentOperations = 15;

/// Defaults are rand-m9-mstd0.5-inc1, the published ones.
struct RandAugmentOptions {
  double magnitude = 9;        ///< m: 0 to 10
  int num_ops = 2;             ///< n: operations a picture
  double magnitude_std = 0.5;  ///< mstd: deviation of the magnitude of each operation
  /// inc1: posterize, solarize, colour, contrast, brightness and sharpness change more as the
  /// magnitude grows. inc0: their published older scales, on which it is the other way or without a
  /// zero.
  bool increasing = true;
  /// Where rotation, shear and translation show nothing, one value a channel.
  std::vector<uint8_t> fill{124, 116, 104};  // 255 * ImageNet's mean
};

/// The published notation, "rand-m9-mstd0.5-inc1" and "rand-m5-n3": parts in any order; without
/// their part m is 10, n 2, mstd 0 and inc 0, as published.
/// throws UsageError  naming the part, with the option --aa
RandAugmentOptions parse_rand_augment(const std::string& text);
/// The full notation: parse_rand_augment(rand_augment_name(options)) gives the same options but for
/// `fill`.
std::string rand_augment_name(const RandAugmentOptions& options);
/// Pixel means in units of [0, 1], rounded to sample values: what `fill` is set to.
std::vector<uint8_t> fill_of_mean(const std::vector<double>& mean);

/// One operation to apply.
struct AugmentStep {
  AugmentOperation operation = AugmentOperation::kInvert;
  double magnitude = 0;   ///< 0 to 10
  bool negative = false;  ///< the other direction, for operations that have two
};

/// The steps for one picture, those that chance leaves out left out.
std::vector<AugmentStep> draw_rand_augment(const RandAugmentOptions& options, RandomStream& random);

/// 8-bit pictures of one or three channels; kColor leaves grey ones as they are. Everything equals
/// Pillow's result to the bit.
Image apply_step(const Image& image, const AugmentStep& step, const RandAugmentOptions& options);

/// draw_rand_augment, applied.
/// throws UsageError  the picture has neither one nor three channels, or not 8 bits
Image rand_augment(const Image& image, const RandAugmentOptions& options, RandomStream& random);

/// Whether pictures have 8 bits and one or three channels.
bool can_rand_augment(int64_t channels, int bit_depth);
/// throws UsageError  as rand_augment, before any picture is there
void check_rand_augment(int64_t channels, int bit_depth);

}  // namespace mae
