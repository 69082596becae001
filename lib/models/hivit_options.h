// Sizes of HiViT (arXiv 2205.14949, section 3.3), with the published names and the Base model's
// values.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "mae/base/size2d.h"

namespace mae {

struct HivitOptions {
  Size2d img_size{224, 224};  ///< pixels
  Size2d patch_size{16, 16};  ///< pixels of a unit, which is one token of the main stage
  int64_t in_chans = 3;
  int64_t inner_patches = 4;  ///< cells of a unit's side at first; the two merges need 4
  int64_t embed_dim = 512;    ///< of the main stage; the stems have a quarter and half of it
  /// Of the two stems and the main stage; a depth of 1 is two MLP blocks in a stem.
  std::vector<int64_t> depths{2, 2, 20};
  int64_t num_heads = 8;
  double stem_mlp_ratio = 3.0;
  double mlp_ratio = 4.0;  ///< of the main stage and the decoder
  bool rpe = false;        ///< relative position bias in the main stage
  double layer_norm_eps = 1e-6;

  Size2d grid() const {
    return {img_size.height / patch_size.height, img_size.width / patch_size.width};
  }
  int64_t patch_values() const { return patch_size.area() * in_chans; }
  /// Blocks with parameters of their own, merges not counted: 28 in the Base model.
  int64_t total_depth() const { return 2 * depths[0] + 2 * depths[1] + depths[2]; }
  std::vector<int64_t> map_strides() const;
};

/// Throws UsageError naming the first field that cannot be built.
void check_options(const HivitOptions& options);

/// Sizes as [height, width], or one number for a square.
void to_json(nlohmann::json& json, const HivitOptions& options);
void from_json(const nlohmann::json& json, HivitOptions& options);

/// "depth" of a configuration, which is what a user says, as the main stage's part of "depths".
nlohmann::json with_main_depth(nlohmann::json config);

}  // namespace mae
