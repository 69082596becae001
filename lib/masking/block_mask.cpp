// Rectangles first, then single patches up to the exact count.
#include "mae/masking/block_mask.h"

#include <algorithm>
#include <cmath>

namespace mae {
namespace {

constexpr double kMinAspect = 0.3;
constexpr int64_t kMinBlock = 16;  // BEiT's scripts; its class default is 4
constexpr int kAttempts = 10;

struct Block {
  int64_t top, left, height, width;
};

int64_t newly_hidden(const std::vector<uint8_t>& mask, Size2d grid, const Block& block) {
  int64_t count = 0;
  for (int64_t r = block.top; r < block.top + block.height; ++r) {
    for (int64_t c = block.left; c < block.left + block.width; ++c)
      count += !mask[r * grid.width + c];
  }
  return count;
}

// One rectangle that hides between 1 and `remaining` new patches; returns how many, 0 after ten
// failures.
int64_t hide_one_block(std::vector<uint8_t>& mask, Size2d grid, int64_t remaining,
                       RandomStream& random) {
  const double log_aspect = std::log(kMinAspect);
  const auto smallest = static_cast<double>(std::min(kMinBlock, remaining));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const double area = random.uniform(smallest, static_cast<double>(remaining));
    const double aspect = std::exp(random.uniform(log_aspect, -log_aspect));
    Block block{0, 0, std::lrint(std::sqrt(area * aspect)), std::lrint(std::sqrt(area / aspect))};
    if (block.height < 1 || block.width < 1 || block.height >= grid.height ||
        block.width >= grid.width)
      continue;
    block.top = random.below(grid.height - block.height + 1);
    block.left = random.below(grid.width - block.width + 1);
    const int64_t count = newly_hidden(mask, grid, block);
    if (count < 1 || count > remaining) continue;
    for (int64_t r = block.top; r < block.top + block.height; ++r) {
      std::fill_n(mask.begin() + r * grid.width + block.left, block.width, uint8_t{1});
    }
    return count;
  }
  return 0;
}

}  // namespace

std::vector<uint8_t> block_mask(Size2d grid, int64_t hidden, RandomStream& random) {
  std::vector<uint8_t> mask(static_cast<size_t>(grid.area()), 0);
  int64_t remaining = hidden;
  while (remaining > 0) {
    const int64_t count = hide_one_block(mask, grid, remaining, random);
    if (count == 0) break;
    remaining -= count;
  }
  while (remaining > 0) {
    uint8_t& patch = mask[random.below(grid.area())];
    remaining -= patch == 0;
    patch = 1;
  }
  return mask;
}

}  // namespace mae
