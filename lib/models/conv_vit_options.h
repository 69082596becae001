// Sizes of ConvMAE's three stages (arXiv 2205.03892, section 3.1), with the published names and the
// Base model's values.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "mae/base/size2d.h"

namespace mae {

struct ConvVitOptions {
  Size2d img_size{224, 224};  ///< pixels
  /// Pixels of a token of stage 3, square and divisible by 4: stage 1 has cells of a quarter of it,
  /// stage 2 of half.
  Size2d patch_size{16, 16};
  int64_t in_chans = 3;
  std::vector<int64_t> embed_dim{256, 384, 768};
  std::vector<int64_t> depth{2, 2, 11};
  int64_t num_heads = 12;  ///< of stage 3
  std::vector<double> mlp_ratio{4, 4, 4};
  bool qkv_bias = true;
  double layer_norm_eps = 1e-6;                 ///< stage 3, decoder, final norms
  double embed_and_conv_layer_norm_eps = 1e-5;  ///< embeddings and convolution blocks

  Size2d grid() const {
    return {img_size.height / patch_size.height, img_size.width / patch_size.width};
  }
  int64_t patch_values() const { return patch_size.area() * in_chans; }
  int64_t total_depth() const { return depth[0] + depth[1] + depth[2]; }
  /// Strides of the three stages and of the pooled fourth map; that one only where it has a cell.
  std::vector<int64_t> map_strides() const;
};

/// Throws UsageError naming the first field that cannot be built.
void check_options(const ConvVitOptions& options);

/// Sizes as [height, width]. Read are also the published lists with one number a stage (img_size
/// [224, 56, 28], patch_size [4, 2, 2]), and single numbers: a width D for stages of D/3, D/2, D; a
/// depth for stage 3 alone; one mlp_ratio for all.
void to_json(nlohmann::json& json, const ConvVitOptions& options);
void from_json(const nlohmann::json& json, ConvVitOptions& options);

}  // namespace mae
