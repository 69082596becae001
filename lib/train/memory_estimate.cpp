// Numbers a token leaves behind in each block, counted along the forward pass; attention keeps no L
// x L table.
#include "mae/train/memory_estimate.h"

#include <algorithm>
#include <vector>

#include "mae/models/state_dict.h"

namespace mae {
namespace {

/// Two norms, qkv, attention output, projection, two residual sums; the MLP before and after its
/// GELU.
double block_values(double dim, double mlp_ratio) {
  return dim * (2 + 3 + 1 + 1 + 2 + 2 * mlp_ratio);
}

/// Of one patch in `depth` blocks; recomputed ones keep their inputs, and all of one block at a
/// time.
double kept_values(double depth, double dim, double mlp_ratio, bool recomputed) {
  if (!recomputed) return depth * block_values(dim, mlp_ratio);
  return depth * dim + block_values(dim, mlp_ratio);
}

/// A field that some hierarchical models have once a stage.
std::vector<double> per_stage(const nlohmann::json& config, const char* field, double otherwise) {
  const auto found = config.find(field);
  if (found == config.end()) return {otherwise};
  return found->is_array() ? found->get<std::vector<double>>()
                           : std::vector<double>{found->get<double>()};
}

/// Of one patch in all blocks. A stage has four cells for one of the next; of models that give only
/// the last stage's sizes the others are not counted.
double encoder_values(const MaskedModel& model, const nlohmann::json& config, bool recomputed) {
  const auto dims = per_stage(config, "embed_dim", static_cast<double>(model.embed_dim()));
  const auto depths = per_stage(config, "depth", static_cast<double>(model.depth()));
  const auto ratios = per_stage(config, "mlp_ratio", 4.0);
  double values = 0, cells = 1;
  for (size_t i = 0; i < std::min({dims.size(), depths.size(), ratios.size()}); ++i) {
    values +=
        cells * kept_values(depths.rbegin()[i], dims.rbegin()[i], ratios.rbegin()[i], recomputed);
    cells *= 4;
  }
  return values;
}

}  // namespace

int64_t estimate_training_bytes(const MaskedModel& model, const PretrainOptions& options,
                                int64_t batch_size) {
  const nlohmann::json config = model.config();
  const int64_t patches = model.mask_grid().tokens();
  const auto visible = static_cast<double>(visible_count(options.masking, model.mask_grid()) + 1);
  const bool recomputed = options.checkpoint_activations;
  const double encoder = visible * encoder_values(model, config, recomputed);
  const double decoder =
      static_cast<double>(patches + 1) *
      kept_values(config.value("decoder_depth", 0.0), config.value("decoder_embed_dim", 0.0),
                  per_stage(config, "mlp_ratio", 4.0).front(), recomputed);
  const double value_bytes = options.dtype == "bfloat16" ? 2 : 4;
  const double images =
      static_cast<double>(model.num_frames() * model.img_size().area() * model.in_chans()) * 3 *
      4;  // input, target, pred
  const bool complementary = options.masking.strategy == MaskStrategy::kComplementary;
  const double copies = complementary ? static_cast<double>(patches) / (visible - 1) : 1;
  const double activations =
      static_cast<double>(batch_size) * (copies * (encoder + decoder) * value_bytes + images);
  const double weights = 4.0 * 4.0 * static_cast<double>(parameter_count(model, true));
  return static_cast<int64_t>(weights + activations);
}

}  // namespace mae
