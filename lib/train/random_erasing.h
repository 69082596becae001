// Random erasing (Zhong et al., arXiv 1708.04896) of normalised images: one box of normal noise
// (spec 3.5, pixel mode with count 1).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/media/image.h"
#include "mae/ops/tensor.h"

namespace mae {

struct RandomErasingOptions {
  double probability = 0;                         ///< --reprob; the published recipe is 0.25
  double min_area = 0.02, max_area = 1.0 / 3.0;   ///< share of the image
  double min_aspect = 0.3, max_aspect = 1 / 0.3;  ///< height over width, drawn in logarithms
};

/// The box to erase, or nothing: spared by chance, or ten boxes in a row did not fit.
std::optional<Box> draw_erased_box(const RandomErasingOptions& options, Size2d img_size,
                                   RandomStream& random);

/// Erases in place. Sample b draws from the stream (seed, "erase", epoch, ids[b]).
/// images [B, C, H, W] float32, contiguous, on the CPU
/// throws UsageError  a probability outside [0, 1]
void erase_randomly(Tensor& images, const RandomErasingOptions& options, uint64_t seed,
                    uint32_t epoch, const std::vector<uint64_t>& ids);

}  // namespace mae
