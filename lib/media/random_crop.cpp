#include "mae/media/random_crop.h"

#include <algorithm>
#include <cmath>

#include "mae/media/rounding.h"

namespace mae {
namespace {

/// One draw of a crop size: area uniform in the scale range, aspect ratio log-uniform in its range.
Size2d draw_size(Size2d image, const RandomCropOptions& options, RandomStream& random) {
  const double area = static_cast<double>(image.height * image.width) *
                      random.uniform(options.min_scale, options.max_scale);
  const double ratio =
      std::exp(random.uniform(std::log(options.min_ratio), std::log(options.max_ratio)));
  return {round_half_to_even(std::sqrt(area / ratio)), round_half_to_even(std::sqrt(area * ratio))};
}

Box place(Size2d image, Size2d size, RandomStream& random) {
  Box box;
  box.height = size.height;
  box.width = size.width;
  box.top = random.below(image.height - size.height + 1);
  box.left = random.below(image.width - size.width + 1);
  return box;
}

/// torchvision's way out after ten misses: the largest central crop whose aspect ratio is allowed.
Box central_fallback(Size2d image, const RandomCropOptions& options) {
  Size2d size = image;
  const double ratio = static_cast<double>(image.width) / static_cast<double>(image.height);
  if (ratio < options.min_ratio) {
    size.height = round_half_to_even(static_cast<double>(image.width) / options.min_ratio);
  } else if (ratio > options.max_ratio) {
    size.width = round_half_to_even(static_cast<double>(image.height) * options.max_ratio);
  }
  Box box;
  box.height = size.height;
  box.width = size.width;
  box.top = (image.height - size.height) / 2;
  box.left = (image.width - size.width) / 2;
  return box;
}

}  // namespace

Box random_crop_box(Size2d image, const RandomCropOptions& options, RandomStream& random) {
  if (!options.retry) {
    Size2d size = draw_size(image, options, random);
    // differs from the linear probe's crop.py: a side that rounds to 0 becomes 1, where the
    // original would fail.
    size.height = std::clamp<int64_t>(size.height, 1, image.height);
    size.width = std::clamp<int64_t>(size.width, 1, image.width);
    return place(image, size, random);
  }
  constexpr int kAttempts = 10;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Size2d size = draw_size(image, options, random);
    if (size.height > 0 && size.height <= image.height && size.width > 0 &&
        size.width <= image.width) {
      return place(image, size, random);
    }
  }
  return central_fallback(image, options);
}

}  // namespace mae
