// Numbers a token leaves behind in each block, counted along the forward pass; attention keeps no L
// x L table.
#include "mae/train/memory_estimate.h"

#include "mae/models/state_dict.h"

namespace mae {
namespace {

/// Two norms, qkv, attention output, projection, two residual sums; the MLP before and after its
/// GELU.
double block_values(double dim, double mlp_ratio) {
  return dim * (2 + 3 + 1 + 1 + 2 + 2 * mlp_ratio);
}

}  // namespace

int64_t estimate_training_bytes(const MaskedModel& model, const PretrainOptions& options,
                                int64_t batch_size) {
  const nlohmann::json config = model.config();
  const double mlp_ratio = config.value("mlp_ratio", 4.0);
  const int64_t patches = model.grid().area();
  const auto visible = static_cast<double>(visible_count(options.masking, patches) + 1);
  const double encoder = visible * static_cast<double>(model.depth()) *
                         block_values(static_cast<double>(model.embed_dim()), mlp_ratio);
  const double decoder = static_cast<double>(patches + 1) * config.value("decoder_depth", 0.0) *
                         block_values(config.value("decoder_embed_dim", 0.0), mlp_ratio);
  const double value_bytes = options.dtype == "bfloat16" ? 2 : 4;
  const double images = static_cast<double>(model.img_size().area() * model.in_chans()) * 3 *
                        4;  // input, target, pred
  const double activations =
      static_cast<double>(batch_size) * ((encoder + decoder) * value_bytes + images);
  const double weights = 4.0 * 4.0 * static_cast<double>(parameter_count(model, true));
  return static_cast<int64_t>(weights + activations);
}

}  // namespace mae
