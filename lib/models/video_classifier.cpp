// The fine-tuning forward pass of VideoMAE.
#include "mae/models/video_classifier.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "mae/base/text.h"
#include "mae/models/classifier_as_encoder.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/models/option_checks.h"
#include "mae/models/video_mae.h"
#include "mae/nn/branch_scale.h"
#include "mae/nn/wanted_blocks.h"
#include "mae/ops/gather_tokens.h"
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
  const bool own_eps = o.use_mean_pooling && o.head_norm_eps > 0;
  auto norm = std::make_shared<LayerNorm>(D, own_eps ? o.head_norm_eps : o.layer_norm_eps);
  (o.use_mean_pooling ? fc_norm_ : norm_) =
      register_module(o.use_mean_pooling ? "fc_norm" : "norm", norm);
  head_ = register_module("head", std::make_shared<Linear>(D, o.num_classes));
}

Tensor VideoClassifier::forward(const Tensor& videos, const Tensor& drop_path_uniform) {
  return head_->forward(forward_features(videos, drop_path_uniform));
}

Tensor VideoClassifier::forward_features(const Tensor& videos, const Tensor& drop_path_uniform) {
  Tensor x;
  {
    const at::AutoGradMode mode(at::GradMode::is_enabled() && frozen_blocks_ == 0);
    x = embed(videos);  // [B, L, D]
    for (int64_t i = 0; i < frozen_blocks_; ++i) x = blocks_[static_cast<size_t>(i)]->forward(x);
  }
  for (int64_t i = frozen_blocks_; i < options_.depth; ++i) {
    x = blocks_[static_cast<size_t>(i)]->forward(
        x, block_branch_scale(drop_path_uniform, options_.drop_path_rate, i, options_.depth));
  }
  if (fc_norm_) return fc_norm_->forward(x.mean(/*dim=*/1));  // [B, D]
  return norm_->forward(x).select(/*dim=*/1, 0);              // [B, D]
}

Tensor VideoClassifier::embed(const Tensor& videos) const {
  check_shape("videos", videos,
              {kAny, options_.in_chans, options_.num_frames, options_.img_size.height,
               options_.img_size.width});
  const Tensor x = patch_embed_->forward(videos);  // [B, L, D]
  return x + pos_embed_.to(x.options());
}

EncoderOutput VideoClassifier::encode(const Tensor& videos, const PatchSelection* selection,
                                      const EncodeRequest& request) const {
  Tensor x = embed(videos);
  if (selection) x = gather_tokens(x, selection->ids_keep);  // [B, L_vis, D]
  EncoderOutput output;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i]->forward(x);
    keep_wanted(request.blocks, static_cast<int64_t>(i) + 1, x, &output.blocks);
  }
  output.tokens = norm_ ? norm_->forward(x) : x;
  return output;
}

void VideoClassifier::freeze_blocks(int64_t count) {
  check_frozen_blocks(count, options_.depth);
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

namespace {

/// Beside what every classifier has: clips.
class VideoEncoder : public ClassifierAsEncoder<VideoClassifier> {
 public:
  explicit VideoEncoder(const std::shared_ptr<VideoClassifier>& classifier)
      : ClassifierAsEncoder(classifier), options_(classifier->options()) {}
  MaskingOptions default_masking() const override { return {MaskStrategy::kTube, 0.9}; }
  int64_t num_frames() const override { return options_.num_frames; }
  int64_t tubelet_size() const override { return options_.tubelet_size; }

 private:
  VideoClassifierOptions options_;
};

nlohmann::json optional_fields() { return {{"head_norm_eps", 0.0}}; }

/// The published fine-tuning: prefixes go, the decoder and the last norm stay behind.
std::vector<std::string> take_video_encoder(const nlohmann::json& config, StateDict* tensors) {
  for (const char* prefix : {"decoder.", "mask_token", "encoder_to_decoder."})
    drop_tensors(tensors, prefix);
  const std::string encoder = "encoder.";
  StateDict renamed;
  for (auto& [name, tensor] : *tensors)
    renamed[starts_with(name, encoder) ? name.substr(encoder.size()) : name] = tensor;
  *tensors = std::move(renamed);
  const bool pooled = config.at("use_mean_pooling").get<bool>();
  drop_tensors(tensors, pooled ? "norm." : "fc_norm.");
  return pooled ? std::vector<std::string>{"fc_norm."} : std::vector<std::string>{};
}

}  // namespace

ClassifierKind video_classifier_kind() {
  ClassifierKind kind;
  kind.model = "video_classifier";
  kind.resize = video_resize_rule();
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<VideoClassifier>(
        parse_model_options<VideoClassifierOptions>(config, optional_fields()));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    auto options = config.get<VideoClassifierOptions>();
    options.num_classes = choices.num_classes;
    options.use_mean_pooling = choices.global_pool;
    options.drop_path_rate = choices.drop_path_rate;
    nlohmann::json json = options;
    json["model"] = "video_classifier";
    return json;
  };
  kind.take_encoder = take_video_encoder;
  return kind;
}

MaskedModelKind video_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "video_classifier";
  kind.classifier = "video_classifier";
  kind.resize = video_resize_rule();
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<VideoEncoder>(std::make_shared<VideoClassifier>(
        parse_model_options<VideoClassifierOptions>(config, optional_fields())));
  };
  return kind;
}

}  // namespace mae
