// Draws in double, mixes in the images' own type.
#include "mae/train/mixup.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "mae/base/error.h"

namespace mae {
namespace {

void check_alpha(const std::string& name, double alpha) {
  if (!(alpha >= 0) || !std::isfinite(alpha)) {
    throw UsageError("expected a number that is not negative, got " + std::to_string(alpha), name);
  }
}

/// Side lengths truncated, centre uniform over the image, parts outside cut off.
Box cutmix_box(double lam, Size2d size, RandomStream& random) {
  const double ratio = std::sqrt(1 - lam);
  const auto half_height = static_cast<int64_t>(static_cast<double>(size.height) * ratio) / 2;
  const auto half_width = static_cast<int64_t>(static_cast<double>(size.width) * ratio) / 2;
  const int64_t y = random.below(size.height), x = random.below(size.width);
  const int64_t top = std::max<int64_t>(y - half_height, 0);
  const int64_t left = std::max<int64_t>(x - half_width, 0);
  const int64_t bottom = std::min(y + half_height, size.height);
  const int64_t right = std::min(x + half_width, size.width);
  return {top, left, bottom - top, right - left};
}

}  // namespace

MixupDraw draw_mixup(const MixupOptions& options, Size2d img_size, RandomStream& random) {
  check_alpha("--mixup", options.mixup);
  check_alpha("--cutmix", options.cutmix);
  MixupDraw draw;
  if (!options.enabled()) return draw;
  const bool both = options.mixup > 0 && options.cutmix > 0;
  draw.cutmix = both ? random.uniform() < 0.5 : options.cutmix > 0;
  const double alpha = draw.cutmix ? options.cutmix : options.mixup;
  draw.lam = random.beta(alpha, alpha);
  if (draw.cutmix) {
    draw.box = cutmix_box(draw.lam, img_size, random);
    const int64_t pasted = draw.box.height * draw.box.width;
    draw.lam = 1 - static_cast<double>(pasted) / static_cast<double>(img_size.area());
  }
  return draw;
}

Tensor mix_images(const Tensor& images, const MixupDraw& draw) {
  if (images.dim() != 5) check_shape("images", images, {kAny, kAny, kAny, kAny});
  if (!draw.cutmix) return images * draw.lam + images.flip(0) * (1 - draw.lam);
  Tensor mixed = images.clone();
  const auto window =
      [&](const Tensor& x) {  // [B, C, box height, box width], the same in all frames
        return x.narrow(-2, draw.box.top, draw.box.height)
            .narrow(-1, draw.box.left, draw.box.width);
      };
  window(mixed).copy_(window(images).flip(0));
  return mixed;
}

}  // namespace mae
