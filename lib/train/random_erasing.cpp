// Each sample has its own stream, so erasing does not depend on batch size or order.
#include "mae/train/random_erasing.h"

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "mae/base/error.h"
#include "mae/media/rounding.h"

namespace mae {
namespace {

constexpr std::array<std::pair<const char*, ErasingFill>, 3> kFills{
    {{"pixel", ErasingFill::kPixel}, {"rand", ErasingFill::kRand}, {"const", ErasingFill::kConst}}};

std::optional<Box> draw_box(const RandomErasingOptions& options, double area, Size2d img_size,
                            RandomStream& random);
void check(const RandomErasingOptions& options);
int64_t plane_count(const Tensor& images, int64_t count);
void fill_box(float* image, int64_t planes, Size2d img_size, const Box& box, ErasingFill fill,
              RandomStream& random);

}  // namespace

ErasingFill parse_erasing_fill(const std::string& name) {
  for (const auto& [known, fill] : kFills) {
    if (name == known) return fill;
  }
  throw UsageError("unknown filling '" + name + "'; expected one of pixel, rand, const",
                   "--remode");
}

std::string erasing_fill_name(ErasingFill fill) {
  for (const auto& [name, known] : kFills) {
    if (known == fill) return name;
  }
  return "pixel";
}

std::vector<Box> draw_erased_boxes(const RandomErasingOptions& options, Size2d img_size,
                                   RandomStream& random) {
  std::vector<Box> boxes;
  if (random.uniform() >= options.probability) return boxes;
  const int64_t count = options.max_count > 1 ? 1 + random.below(options.max_count) : 1;
  const double area = static_cast<double>(img_size.area()) / static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) {
    if (const auto box = draw_box(options, area, img_size, random)) boxes.push_back(*box);
  }
  return boxes;
}

void erase_randomly(Tensor& images, const RandomErasingOptions& options, uint64_t seed,
                    uint32_t epoch, const std::vector<uint64_t>& ids) {
  check(options);
  if (options.probability == 0) return;
  const int64_t planes = plane_count(images, static_cast<int64_t>(ids.size()));
  const Size2d img_size{images.size(-2), images.size(-1)};
  float* image = images.data_ptr<float>();
  for (const uint64_t id : ids) {
    RandomStream random(seed, "erase", epoch, id);
    for (const Box& box : draw_erased_boxes(options, img_size, random)) {
      fill_box(image, planes, img_size, box, options.fill, random);
    }
    image += planes * img_size.area();
  }
}

namespace {

void check(const RandomErasingOptions& options) {
  if (!(options.probability >= 0 && options.probability <= 1)) {
    throw UsageError("expected a probability, got " + std::to_string(options.probability),
                     "--reprob");
  }
  if (options.max_count < 1) {
    throw UsageError("expected at least 1, got " + std::to_string(options.max_count), "--recount");
  }
}

std::optional<Box> draw_box(const RandomErasingOptions& options, double area, Size2d img_size,
                            RandomStream& random) {
  const double low = std::log(options.min_aspect), high = std::log(options.max_aspect);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double wanted = random.uniform(options.min_area, options.max_area) * area;
    const double aspect = std::exp(random.uniform(low, high));
    Box box;
    box.height = round_half_to_even(std::sqrt(wanted * aspect));
    box.width = round_half_to_even(std::sqrt(wanted / aspect));
    if (box.height >= img_size.height || box.width >= img_size.width) continue;
    box.top = random.below(img_size.height - box.height + 1);
    box.left = random.below(img_size.width - box.width + 1);
    return box;
  }
  return std::nullopt;
}

/// Of one sample: channels, of clips times frames.
int64_t plane_count(const Tensor& images, int64_t count) {
  if (images.dim() != 5) {
    check_shape("images", images, {count, kAny, kAny, kAny});
    return images.size(1);
  }
  check_shape("clips", images, {count, kAny, kAny, kAny, kAny});
  return images.size(1) * images.size(2);
}

/// `image` is a sample's planes, of which every one is erased.
void fill_box(float* image, int64_t planes, Size2d img_size, const Box& box, ErasingFill fill,
              RandomStream& random) {
  const int64_t H = img_size.height, W = img_size.width;
  for (int64_t c = 0; c < planes; ++c) {
    const auto color = static_cast<float>(fill == ErasingFill::kRand ? random.normal() : 0.0);
    for (int64_t y = box.top; y < box.top + box.height; ++y) {
      float* row = image + (c * H + y) * W + box.left;
      for (int64_t x = 0; x < box.width; ++x) {
        row[x] = fill == ErasingFill::kPixel ? static_cast<float>(random.normal()) : color;
      }
    }
  }
}

}  // namespace
}  // namespace mae
