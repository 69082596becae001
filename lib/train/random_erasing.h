// Random erasing (Zhong et al., arXiv 1708.04896) of normalised images: boxes of noise (spec 3.5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/base/size2d.h"
#include "mae/media/image.h"
#include "mae/ops/tensor.h"

namespace mae {

/// What a box is filled with: normal noise for each number, one normal number for each channel, or
/// zeros (the mean colour).
enum class ErasingFill { kPixel, kRand, kConst };
ErasingFill parse_erasing_fill(const std::string& name);  ///< "pixel", "rand", "const"; UsageError
std::string erasing_fill_name(ErasingFill fill);

struct RandomErasingOptions {
  double probability = 0;                         ///< --reprob; the published recipe is 0.25
  double min_area = 0.02, max_area = 1.0 / 3.0;   ///< share of the image
  double min_aspect = 0.3, max_aspect = 1 / 0.3;  ///< height over width, drawn in logarithms
  int64_t max_count = 1;                   ///< --recount: 1 to so many boxes, which share the area
  ErasingFill fill = ErasingFill::kPixel;  ///< --remode
};

/// The boxes to erase; none when spared by chance. One that did not fit ten times in a row is left
/// out.
std::vector<Box> draw_erased_boxes(const RandomErasingOptions& options, Size2d img_size,
                                   RandomStream& random);

/// Erases in place. Sample b draws from the stream (seed, "erase", epoch, ids[b]).
/// images [B, C, H, W] float32, contiguous, on the CPU; of clips [B, C, T, H, W] every frame loses
/// the
///        same box, filled anew (the published "cube")
/// throws UsageError  a probability outside [0, 1], or a count below 1
void erase_randomly(Tensor& images, const RandomErasingOptions& options, uint64_t seed,
                    uint32_t epoch, const std::vector<uint64_t>& ids);

}  // namespace mae
