// Sizes of a vision transformer, with the published names and ViT-B/16's values.
#pragma once

#include <nlohmann/json.hpp>

#include "mae/base/size2d.h"

namespace mae {

enum class PosEmbed {
  kSincos2d,  ///< columns and rows, as published
  kSincos1d   ///< raster index, sine and cosine by turns (spec 2.1)
};

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
  // Where re-implementations differ (spec 2.1). A configuration has these fields only where they
  // are not as published.
  bool key_bias = true;     ///< false: biases of queries and values alone; needs qkv_bias
  bool class_token = true;  ///< false: no class token, features are the mean of the patches
  PosEmbed pos_embed = PosEmbed::kSincos2d;

  Size2d grid() const {
    return {img_size.height / patch_size.height, img_size.width / patch_size.width};
  }
  int64_t patch_values() const { return patch_size.area() * in_chans; }
  int64_t num_prefix_tokens() const { return class_token ? 1 : 0; }
};

/// Throws UsageError naming the first field that cannot be built (not divisible, not positive, too
/// large).
void check_options(const VitOptions& options);

/// What fields mean that a configuration may leave out: key_bias, class_token, pos_embed.
nlohmann::json vit_defaults();

/// Field names as above; sizes as [height, width]. A single number is accepted for a square.
/// pos_embed is "sincos2d" or "sincos1d".
void to_json(nlohmann::json& json, const VitOptions& options);
void from_json(const nlohmann::json& json, VitOptions& options);

}  // namespace mae
