// A deck of cards for the first mask, one argsort for the second.
#include "mae/masking/uniform_mask.h"

#include <ATen/ops/argsort.h>
#include <ATen/ops/ones_like.h>

#include "mae/base/error.h"

namespace mae {
namespace {

// At least half as many cards as patches, the four positions equally often.
std::vector<int64_t> shuffled_deck(int64_t patches, RandomStream& random) {
  const int64_t cards = (patches + 7) / 8 * 4;
  std::vector<int64_t> deck(static_cast<size_t>(cards));
  for (size_t i = 0; i < deck.size(); ++i) deck[i] = static_cast<int64_t>(i) % 4;
  for (size_t i = deck.size() - 1; i > 0; --i)
    std::swap(deck[i], deck[static_cast<size_t>(random.below(static_cast<int64_t>(i) + 1))]);
  return deck;
}

}  // namespace

std::vector<uint8_t> uniform_mask(Size2d grid, RandomStream& random) {
  if (grid.height < 2 || grid.width < 2 || grid.height % 2 != 0 || grid.width % 2 != 0) {
    throw UsageError("uniform masking keeps one patch of every 2 x 2: it needs an even grid, got " +
                         size_text(grid),
                     "--strategy");
  }
  std::vector<int64_t> positions = shuffled_deck(grid.area(), random);
  positions.resize(static_cast<size_t>(grid.area() / 4));
  return mask_from_positions(positions, grid);
}

std::vector<uint8_t> mask_from_positions(const std::vector<int64_t>& positions, Size2d grid) {
  std::vector<uint8_t> mask(static_cast<size_t>(grid.area()), 1);
  const int64_t columns = grid.width / 2;
  for (size_t group = 0; group < positions.size(); ++group) {
    const auto index = static_cast<int64_t>(group);
    const int64_t row = index / columns * 2 + positions[group] / 2;
    const int64_t column = index % columns * 2 + positions[group] % 2;
    mask[static_cast<size_t>(row * grid.width + column)] = 0;
  }
  return mask;
}

Tensor secondary_mask(const Tensor& mask, const Tensor& noise, double vis_mask_ratio) {
  check_shape("mask", mask, {kAny, kAny});
  check_shape("noise", noise, {mask.size(0), mask.size(1)});
  if (!(vis_mask_ratio >= 0.0 && vis_mask_ratio < 1.0)) {
    throw UsageError("vis_mask_ratio is " + std::to_string(vis_mask_ratio) +
                     "; expected at least 0 and less than 1");
  }
  const Tensor hidden = mask.ne(0);
  const int64_t visible = mask.size(1) - hidden[0].sum().item<int64_t>();
  const auto shown = static_cast<int64_t>(static_cast<double>(visible) * (1.0 - vis_mask_ratio));
  // Noise below 1 puts every visible patch before every hidden one.
  const Tensor order = at::argsort(hidden.to(at::kDouble) + noise, /*stable=*/true, /*dim=*/1,
                                   /*descending=*/false);
  const Tensor not_shown = at::ones_like(hidden, at::kFloat)
                               .scatter(/*dim=*/1, order.slice(/*dim=*/1, 0, shown), 0);  // [B, L]
  return not_shown - hidden.to(at::kFloat);
}

}  // namespace mae
