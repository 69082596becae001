// One entry per strategy; a new one adds a file like block_mask and a line here.
#include "mae/masking/mask_strategy.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>

#include "mae/base/error.h"
#include "mae/masking/block_mask.h"
#include "mae/masking/complementary_mask.h"
#include "mae/masking/mixed_mask.h"
#include "mae/masking/tube_mask.h"
#include "mae/masking/uniform_mask.h"

namespace mae {
namespace {

std::vector<uint8_t> random_mask(int64_t patches, double mask_ratio, RandomStream& random) {
  const std::vector<float> noise = mask_noise(patches, random);
  std::vector<int64_t> order(noise.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return noise[a] < noise[b]; });
  std::vector<uint8_t> mask(noise.size(), 1);
  for (int64_t i = 0; i < visible_count(patches, mask_ratio); ++i) mask[order[i]] = 0;
  return mask;
}

std::vector<uint8_t> grid_mask(Size2d grid, double mask_ratio) {
  if (grid.height % 2 != 0 || grid.width % 2 != 0 || mask_ratio != 0.75) {
    throw UsageError(
        "grid masking keeps one patch of every 2 x 2: it needs mask ratio 0.75 and an even grid, "
        "got " +
            std::to_string(mask_ratio) + " and " + size_text(grid),
        "--strategy");
  }
  std::vector<uint8_t> mask(static_cast<size_t>(grid.area()), 1);
  for (int64_t r = 0; r < grid.height; r += 2) {
    for (int64_t c = 0; c < grid.width; c += 2) mask[r * grid.width + c] = 0;
  }
  return mask;
}

// One visible patch in four leaves no other ratio.
void check_three_quarters(const MaskingOptions& options) {
  if (options.mask_ratio == 0.75) return;
  throw UsageError(mask_strategy_name(options.strategy) +
                       " masking keeps one patch of every 2 x 2: it needs mask ratio 0.75, got " +
                       std::to_string(options.mask_ratio),
                   "--mask-ratio");
}

// What other strategies would hide of a clip no paper says.
void check_time(MaskStrategy strategy, const MaskGrid& grid) {
  if (grid.slots == 1 || strategy == MaskStrategy::kTube || strategy == MaskStrategy::kRandom)
    return;
  throw UsageError("'" + mask_strategy_name(strategy) + "' masks are for pictures, not for clips",
                   "--strategy", "use tube or random");
}

// Where the numbers of a batch come from.
struct Streams {
  uint64_t seed;
  std::string purpose;
  uint32_t epoch;
};

Tensor draw_noise(int64_t patches, const Streams& streams,
                  const std::vector<uint64_t>& sample_ids) {
  Tensor noise =
      at::empty({static_cast<int64_t>(sample_ids.size()), patches}, at::kFloat);  // [B, L]
  float* row = noise.data_ptr<float>();
  for (const uint64_t id : sample_ids) {
    RandomStream random(streams.seed, streams.purpose, streams.epoch, id);
    const std::vector<float> values = mask_noise(patches, random);
    row = std::copy(values.begin(), values.end(), row);
  }
  return noise;
}

PatchSelection draw_masks(const MaskingOptions& options, const MaskGrid& grid,
                          const Streams& streams, const std::vector<uint64_t>& sample_ids) {
  Tensor mask = at::empty({static_cast<int64_t>(sample_ids.size()), grid.tokens()}, at::kByte);
  uint8_t* row = mask.data_ptr<uint8_t>();
  const bool shared = is_shared(options.strategy);
  for (const uint64_t id : sample_ids) {
    RandomStream random(streams.seed, streams.purpose, streams.epoch,
                        shared ? sample_ids.front() : id);
    const std::vector<uint8_t> values = draw_mask(options, grid, random);
    row = std::copy(values.begin(), values.end(), row);
  }
  return selection_from_mask(mask);
}

void add_secondary_mask(PatchSelection& selection, const MaskingOptions& options,
                        const Streams& streams, const std::vector<uint64_t>& sample_ids) {
  if (options.vis_mask_ratio == 0) return;
  const Tensor noise = draw_noise(
      selection.mask.size(1), {streams.seed, "vis-" + streams.purpose, streams.epoch}, sample_ids);
  selection.token_mask = secondary_mask(selection.mask, noise, options.vis_mask_ratio);
}

}  // namespace

bool is_shared(MaskStrategy strategy) {
  return strategy == MaskStrategy::kMixed || strategy == MaskStrategy::kShared;
}

MaskStrategy parse_mask_strategy(const std::string& name) {
  if (name == "random") return MaskStrategy::kRandom;
  if (name == "block") return MaskStrategy::kBlock;
  if (name == "grid") return MaskStrategy::kGrid;
  if (name == "uniform") return MaskStrategy::kUniform;
  if (name == "mixed") return MaskStrategy::kMixed;
  if (name == "complementary") return MaskStrategy::kComplementary;
  if (name == "tube") return MaskStrategy::kTube;
  if (name == "shared") return MaskStrategy::kShared;
  throw UsageError(
      "unknown masking strategy '" + name +
      "'; expected random, block, grid, uniform, mixed, complementary, tube or shared");
}

std::string mask_strategy_name(MaskStrategy strategy) {
  switch (strategy) {
    case MaskStrategy::kRandom:
      return "random";
    case MaskStrategy::kBlock:
      return "block";
    case MaskStrategy::kGrid:
      return "grid";
    case MaskStrategy::kUniform:
      return "uniform";
    case MaskStrategy::kMixed:
      return "mixed";
    case MaskStrategy::kComplementary:
      return "complementary";
    case MaskStrategy::kTube:
      return "tube";
    case MaskStrategy::kShared:
      return "shared";
  }
  return "";
}

int64_t visible_count(const MaskingOptions& options, const MaskGrid& grid) {
  const int64_t patches = grid.tokens();
  check_time(options.strategy, grid);
  if (options.strategy == MaskStrategy::kMixed)
    return patches - mixed_hidden_count(patches, options.mask_ratio);
  if (options.strategy == MaskStrategy::kComplementary)
    return complementary_visible_count(patches, options.mask_ratio);
  if (options.strategy == MaskStrategy::kTube) {
    const int64_t frame = grid.frame.area();
    return grid.slots * (frame - tube_hidden_count(frame, options.mask_ratio));
  }
  if (options.strategy == MaskStrategy::kUniform) check_three_quarters(options);
  return visible_count(patches, options.mask_ratio);
}

int64_t visible_count(const MaskingOptions& options, int64_t patches) {
  return visible_count(options, MaskGrid({1, patches}));
}

std::vector<float> mask_noise(int64_t patches, RandomStream& random) {
  std::vector<float> noise(static_cast<size_t>(patches));
  for (float& value : noise) value = random.uniform_float();
  return noise;
}

std::vector<uint8_t> draw_mask(const MaskingOptions& options, const MaskGrid& grid,
                               RandomStream& random) {
  check_time(options.strategy, grid);
  const Size2d frame = grid.frame;
  switch (options.strategy) {
    case MaskStrategy::kRandom:
    case MaskStrategy::kComplementary:
    case MaskStrategy::kShared:
      return random_mask(grid.tokens(), options.mask_ratio, random);
    case MaskStrategy::kBlock:
      return block_mask(frame, frame.area() - visible_count(frame.area(), options.mask_ratio),
                        random);
    case MaskStrategy::kGrid:
      return grid_mask(frame, options.mask_ratio);
    case MaskStrategy::kUniform:
      check_three_quarters(options);
      return uniform_mask(frame, random);
    case MaskStrategy::kMixed:
      return mixed_mask(mask_noise(frame.area(), random), options.mask_ratio);
    case MaskStrategy::kTube:
      return tube_mask(mask_noise(frame.area(), random), grid.slots, options.mask_ratio);
  }
  return {};
}

PatchSelection draw_selection(const MaskingOptions& options, const MaskGrid& grid, uint64_t seed,
                              uint32_t epoch, const std::vector<uint64_t>& sample_ids) {
  const Streams streams{seed, "mask", epoch};
  if (options.strategy == MaskStrategy::kComplementary)
    return complementary_masking(draw_noise(grid.tokens(), streams, sample_ids),
                                 options.mask_ratio);
  PatchSelection selection =
      options.strategy == MaskStrategy::kRandom
          ? random_masking(draw_noise(grid.tokens(), streams, sample_ids), options.mask_ratio)
          : draw_masks(options, grid, streams, sample_ids);
  add_secondary_mask(selection, options, streams, sample_ids);
  return selection;
}

PatchSelection draw_raster_selection(const MaskingOptions& options, const MaskGrid& grid,
                                     uint64_t seed, const std::string& purpose,
                                     const std::vector<uint64_t>& sample_ids) {
  const Streams streams{seed, purpose, 0};
  PatchSelection selection = draw_masks(options, grid, streams, sample_ids);
  add_secondary_mask(selection, options, streams, sample_ids);
  return selection;
}

std::vector<uint64_t> ids_of_masks(const MaskingOptions& options,
                                   const std::vector<uint64_t>& sample_ids, uint64_t first) {
  if (!is_shared(options.strategy)) return sample_ids;
  return std::vector<uint64_t>(sample_ids.size(), first);  // one mask for all
}

}  // namespace mae
