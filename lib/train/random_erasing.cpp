// Each sample has its own stream, so erasing does not depend on batch size or order.
#include "mae/train/random_erasing.h"

#include <cmath>
#include <string>

#include "mae/base/error.h"

namespace mae {

std::optional<Box> draw_erased_box(const RandomErasingOptions& options, Size2d img_size,
                                   RandomStream& random) {
  if (random.uniform() >= options.probability) return std::nullopt;
  const double low = std::log(options.min_aspect), high = std::log(options.max_aspect);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double share = random.uniform(options.min_area, options.max_area);
    const double area = share * static_cast<double>(img_size.area());
    const double aspect = std::exp(random.uniform(low, high));
    Box box;
    box.height = static_cast<int64_t>(std::nearbyint(std::sqrt(area * aspect)));
    box.width = static_cast<int64_t>(std::nearbyint(std::sqrt(area / aspect)));
    if (box.height >= img_size.height || box.width >= img_size.width) continue;
    box.top = random.below(img_size.height - box.height + 1);
    box.left = random.below(img_size.width - box.width + 1);
    return box;
  }
  return std::nullopt;
}

void erase_randomly(Tensor& images, const RandomErasingOptions& options, uint64_t seed,
                    uint32_t epoch, const std::vector<uint64_t>& ids) {
  if (!(options.probability >= 0 && options.probability <= 1)) {
    throw UsageError("expected a probability, got " + std::to_string(options.probability),
                     "--reprob");
  }
  if (options.probability == 0) return;
  check_shape("images", images, {static_cast<int64_t>(ids.size()), kAny, kAny, kAny});
  const int64_t C = images.size(1), H = images.size(2), W = images.size(3);
  float* pixels = images.data_ptr<float>();
  for (const uint64_t id : ids) {
    RandomStream random(seed, "erase", epoch, id);
    if (const auto box = draw_erased_box(options, {H, W}, random)) {
      for (int64_t c = 0; c < C; ++c) {
        for (int64_t y = box->top; y < box->top + box->height; ++y) {
          float* row = pixels + (c * H + y) * W + box->left;
          for (int64_t x = 0; x < box->width; ++x) row[x] = static_cast<float>(random.normal());
        }
      }
    }
    pixels += C * H * W;
  }
}

}  // namespace mae
