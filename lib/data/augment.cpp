// Crops and flips in the order of the published transforms; all pixels stay 8 or 16 bit until
// normalisation.
#include "mae/data/augment.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "mae/base/error.h"
#include "mae/media/color_jitter.h"
#include "mae/media/multi_scale_crop.h"
#include "mae/media/resample.h"

namespace mae {
namespace {

constexpr std::array<std::pair<const char*, Augment>, 6> kNames{
    {{"none", Augment::kNone},
     {"flip", Augment::kFlip},
     {"crop-fixed", Augment::kCropFixed},
     {"crop", Augment::kCrop},
     {"crop-color", Augment::kCropColor},
     {"multi-scale", Augment::kMultiScale}}};

Image window(const Image& image, Size2d size, RandomStream& random);
Image random_resized_crop(const Image& image, const AugmentOptions& options, RandomStream& random);
Image pad_reflect(const Image& image, int64_t pad_y, int64_t pad_x);
Image jitter(const Image& image, const AugmentOptions& options, RandomStream& random);

}  // namespace

Augment parse_augment(const std::string& name) {
  std::string choices;
  for (const auto& [known, augment] : kNames) {
    if (name == known) return augment;
    choices += (choices.empty() ? "" : ", ") + std::string(known);
  }
  throw UsageError("unknown augmentation '" + name + "'; expected one of " + choices, "--augment");
}

std::string augment_name(Augment augment) {
  for (const auto& [name, known] : kNames)
    if (known == augment) return name;
  return "none";
}

ClipSampling parse_clip_sampling(const std::string& name) {
  if (name == "strided") return ClipSampling::kStrided;
  if (name == "dense") return ClipSampling::kDense;
  if (name == "segments") return ClipSampling::kSegments;
  throw UsageError("unknown sampling '" + name + "'; expected strided, dense or segments",
                   "--clip-sampling");
}

Image evaluation_image(const Image& image, Size2d img_size) {
  const Size2d size{image.height, image.width};
  if (size == img_size) return image;
  return resize_and_center_crop(image, evaluation_short_side(size, img_size), img_size);
}

Box reach_of_evaluation(Size2d image, Size2d img_size) {
  if (image == img_size) return whole_box(image);
  return reach_of_center_crop(image, evaluation_short_side(image, img_size), img_size);
}

Box reach_of_augment(Size2d image, const AugmentOptions& options, RandomStream random) {
  switch (options.augment) {
    case Augment::kNone:
    case Augment::kFlip:
      return reach_of_evaluation(image, options.img_size);
    case Augment::kCropFixed:
      return whole_box(image);
    case Augment::kCrop:
    case Augment::kCropColor:
      return random_crop_box(image, options.crop, random);
    case Augment::kMultiScale:
      return multi_scale_crop_box(image, options.img_size, random);
  }
  return whole_box(image);
}

Image augment_image(const Image& image, const AugmentOptions& options, RandomStream& random) {
  Image out;
  switch (options.augment) {
    case Augment::kNone:
      return evaluation_image(image, options.img_size);
    case Augment::kFlip:
      out = evaluation_image(image, options.img_size);
      break;
    case Augment::kCropFixed:
      out = window(image, options.img_size, random);
      break;
    case Augment::kCrop:
    case Augment::kCropColor:
      out = random_resized_crop(image, options, random);
      break;
    case Augment::kMultiScale:
      return crop_and_resample(
          image, multi_scale_crop_box({image.height, image.width}, options.img_size, random),
          options.img_size, Filter::kBilinear);
  }
  if (options.horizontal_flip && random.uniform() < 0.5) out = flip_horizontal(out);
  if (options.rand_augment) return rand_augment(out, *options.rand_augment, random);
  return jitter(out, options, random);
}

namespace {

/// A window of the model's size from the resized picture. One that has that size already is padded
/// by an eighth with its mirror image first, as CIFAR's recipe does: there would be nothing to
/// choose otherwise.
Image window(const Image& image, Size2d size, RandomStream& random) {
  Image larger;
  if (Size2d{image.height, image.width} == size) {
    larger = pad_reflect(image, size.height / 8, size.width / 8);
  } else {
    const Size2d own{image.height, image.width};
    larger = resample(image, short_side_size(own, evaluation_short_side(own, size)));
  }
  Box box{0, 0, size.height, size.width};
  box.top = random.below(larger.height - size.height + 1);
  box.left = random.below(larger.width - size.width + 1);
  return crop(larger, box);
}

Image random_resized_crop(const Image& image, const AugmentOptions& options, RandomStream& random) {
  const Box box = random_crop_box({image.height, image.width}, options.crop, random);
  return crop_and_resample(image, box, options.img_size);
}

Image jitter(const Image& image, const AugmentOptions& options, RandomStream& random) {
  ColorJitterOptions strengths;
  if (options.color_jitter > 0) {
    strengths.brightness = strengths.contrast = strengths.saturation = options.color_jitter;
  } else if (options.augment != Augment::kCropColor) {
    return image;
  }
  return color_jitter(image, strengths, random);
}

/// Position -1 is pixel 1, as numpy's and torch's "reflect". The pad is smaller than the picture.
Image pad_reflect(const Image& image, int64_t pad_y, int64_t pad_x) {
  Image out = image;
  out.height += 2 * pad_y;
  out.width += 2 * pad_x;
  out.bytes.resize(static_cast<size_t>(out.height * out.row_bytes()));
  const auto mirror = [](int64_t i, int64_t size) {
    if (i < 0) return -i;
    return i < size ? i : 2 * (size - 1) - i;
  };
  const auto pixel_bytes = static_cast<size_t>(image.channels * (image.bit_depth / 8));
  for (int64_t y = 0; y < out.height; ++y) {
    const uint8_t* row = image.bytes.data() + mirror(y - pad_y, image.height) * image.row_bytes();
    uint8_t* to = out.bytes.data() + y * out.row_bytes();
    for (int64_t x = 0; x < out.width; ++x)
      std::memcpy(to + static_cast<size_t>(x) * pixel_bytes,
                  row + static_cast<size_t>(mirror(x - pad_x, image.width)) * pixel_bytes,
                  pixel_bytes);
  }
  return out;
}

}  // namespace
}  // namespace mae
