#include "mae/models/conv_mae_encoder.h"

#include "mae/base/error.h"
#include "mae/models/hierarchical_request.h"

namespace mae {

ConvMaeEncoder::ConvMaeEncoder(Module& owner, const ConvVitOptions& options)
    : trunk_(owner, options, /*learned_positions=*/false) {
  const std::vector<int64_t>& dim = options.embed_dim;
  stage1_decode_ = owner.register_module("stage1_output_decode",
                                         std::make_shared<PatchConv>(dim[0], dim[2], Size2d{4, 4}));
  stage2_decode_ = owner.register_module("stage2_output_decode",
                                         std::make_shared<PatchConv>(dim[1], dim[2], Size2d{2, 2}));
  norm_ =
      owner.register_module("norm", std::make_shared<LayerNorm>(dim[2], options.layer_norm_eps));
}

EncoderOutput ConvMaeEncoder::encode(const Tensor& images, const PatchSelection* selection,
                                     const EncodeRequest& request) const {
  check_request(request, selection != nullptr);
  StageWalk walk;
  walk.request = request;
  const ConvVitStages stages =
      selection ? trunk_.visible_stages(images, selection->ids_keep) : trunk_.stages(images, walk);
  const Tensor x = trunk_.run_stage3(stages.tokens, walk);
  trunk_.leave_maps(stages, x, walk);
  const Tensor early =
      stage1_decode_->forward(stages.stage1) +
      stage2_decode_->forward(stages.stage2);  // [B, h, w, D] or [R*L_vis, 1, 1, D]
  walk.kept.tokens = norm_->forward(x + early.reshape(x.sizes()));  // [R, L_vis, D]
  return walk.kept;
}

}  // namespace mae
