// The fine-tuning forward pass of VideoMAE.
#include "mae/models/video_classifier.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/base/text.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/nn/branch_scale.h"
#include "mae/ops/pos_embed.h"

namespace mae {

VideoClassifier::VideoClassifier(const VideoClassifierOptions& o) : options_(o) {
  check_options(o);
  const int64_t D = o.embed_dim;
  pos_embed_ = sincos_pos_embed_1d(D, o.tokens(), /*cls_token=*/false).unsqueeze(0).to(at::kFloat);
  patch_embed_ = register_module(
      "patch_embed", std::make_shared<TubeletEmbed>(o.tubelet_size, o.patch_size, o.in_chans, D));
  BlockOptions block{D, o.num_heads, o.mlp_ratio, o.qkv_bias, o.layer_norm_eps};
  block.key_bias = false;
  blocks_ = register_blocks(*this, "blocks", o.depth, block);
  auto norm = std::make_shared<LayerNorm>(D, o.layer_norm_eps);
  (o.use_mean_pooling ? fc_norm_ : norm_) =
      register_module(o.use_mean_pooling ? "fc_norm" : "norm", norm);
  head_ = register_module("head", std::make_shared<Linear>(D, o.num_classes));
}

Tensor VideoClassifier::forward(const Tensor& videos, const Tensor& drop_path_uniform) {
  return head_->forward(forward_features(videos, drop_path_uniform));
}

Tensor VideoClassifier::forward_features(const Tensor& videos, const Tensor& drop_path_uniform) {
  check_shape("videos", videos,
              {kAny, options_.in_chans, options_.num_frames, options_.img_size.height,
               options_.img_size.width});
  Tensor x;
  {
    const at::AutoGradMode mode(at::GradMode::is_enabled() && frozen_blocks_ == 0);
    x = patch_embed_->forward(videos);  // [B, L, D]
    x = x + pos_embed_.to(x.options());
    for (int64_t i = 0; i < frozen_blocks_; ++i) x = blocks_[static_cast<size_t>(i)]->forward(x);
  }
  for (int64_t i = frozen_blocks_; i < options_.depth; ++i) {
    x = blocks_[static_cast<size_t>(i)]->forward(
        x, block_branch_scale(drop_path_uniform, options_.drop_path_rate, i, options_.depth));
  }
  if (fc_norm_) return fc_norm_->forward(x.mean(/*dim=*/1));  // [B, D]
  return norm_->forward(x).select(/*dim=*/1, 0);              // [B, D]
}

void VideoClassifier::freeze_blocks(int64_t count) {
  if (count < 0 || count > options_.depth) {
    throw UsageError("cannot freeze " + std::to_string(count) + " of " +
                     std::to_string(options_.depth) + " blocks");
  }
  frozen_blocks_ = count;
}

void VideoClassifier::initialize(uint64_t seed) {
  constexpr double kHeadStd = 0.02 * 0.001;
  const Tensor kernel = named_parameters()["patch_embed.proj.weight"];
  const double bound = conv_default_bound(kernel);
  initialize_module(*this, {LinearInit::kNormal}, seed,
                    [&](const std::string& name, Tensor& parameter) {
                      if (starts_with(name, "patch_embed.proj.")) {
                        fill_uniform(parameter, bound, seed, name);
                        return true;
                      }
                      if (name != "head.weight") return false;
                      fill_normal(parameter, kHeadStd, seed, name);
                      return true;
                    });
}

nlohmann::json VideoClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "video_classifier";
  return json;
}

}  // namespace mae
