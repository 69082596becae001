// Sizes of a vision transformer, with the published names and ViT-B/16's values.
#pragma once

#include <nlohmann/json.hpp>

#include "mae/base/size2d.h"

namespace mae {

struct VitOptions {
  Size2d img_size{224, 224};  ///< pixels
  Size2d patch_size{16, 16};  ///< pixels
  int64_t in_chans = 3;
  int64_t embed_dim = 768;  ///< divisible by num_heads and by 4
  int64_t depth = 12;
  int64_t num_heads = 12;
  double mlp_ratio = 4.0;
  bool qkv_bias = true;
  double layer_norm_eps = 1e-6;  ///< the factories' value; PyTorch's default is 1e-5

  Size2d grid() const {
    return {img_size.height / patch_size.height, img_size.width / patch_size.width};
  }
  int64_t patch_values() const { return patch_size.area() * in_chans; }
};

/// Throws UsageError naming the first field that cannot be built (not divisible, not positive, too
/// large).
void check_options(const VitOptions& options);

/// Field names as above; sizes as [height, width]. A single number is accepted for a square.
void to_json(nlohmann::json& json, const VitOptions& options);
void from_json(const nlohmann::json& json, VitOptions& options);

}  // namespace mae
