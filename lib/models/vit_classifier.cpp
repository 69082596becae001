// The fine-tuning forward pass in both poolings (spec 3.1).
#include "mae/models/vit_classifier.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "mae/models/initialize.h"
#include "mae/models/option_checks.h"
#include "mae/models/vit_encoder.h"
#include "mae/nn/branch_scale.h"

namespace mae {
VitClassifier::VitClassifier(const VitClassifierOptions& options) : options_(options) {
  check_options(options);
  const int64_t D = options.embed_dim;
  if (options.class_token) cls_token_ = register_parameter("cls_token", at::empty({1, 1, D}));
  pos_embed_ = register_parameter("pos_embed", vit_pos_embed(options, D));
  patch_embed_ = register_module(
      "patch_embed", std::make_shared<PatchEmbed>(options.patch_size, options.in_chans, D));
  blocks_ = register_blocks(*this, "blocks", options.depth, vit_block_options(options));
  auto norm = std::make_shared<LayerNorm>(D, options.layer_norm_eps);
  if (!options.global_pool) norm_ = register_module("norm", norm);
  head_ = register_module("head", std::make_shared<Linear>(D, options.num_classes));
  if (options.global_pool) fc_norm_ = register_module("fc_norm", norm);
}

Tensor VitClassifier::forward(const Tensor& images, const Tensor& drop_path_uniform) {
  return head_->forward(forward_features(images, drop_path_uniform));
}

Tensor VitClassifier::forward_features(const Tensor& images, const Tensor& drop_path_uniform) {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  Tensor x;
  {
    const at::AutoGradMode mode(at::GradMode::is_enabled() && frozen_blocks_ == 0);
    x = patch_embed_->forward(images);  // [B, L, D]
    if (options_.class_token)
      x = at::cat({cls_token_.to(x.scalar_type()).expand({x.size(0), -1, -1}), x}, /*dim=*/1);
    x = x + pos_embed_;  // [B, T + L, D]
    for (int64_t i = 0; i < frozen_blocks_; ++i) x = blocks_[i]->forward(x);
  }
  for (int64_t i = frozen_blocks_; i < options_.depth; ++i) {
    x = blocks_[i]->forward(
        x, block_branch_scale(drop_path_uniform, options_.drop_path_rate, i, options_.depth));
  }
  if (options_.global_pool)
    return fc_norm_->forward(
        x.slice(/*dim=*/1, options_.num_prefix_tokens()).mean(/*dim=*/1));  // [B, D]
  return norm_->forward(x).select(/*dim=*/1, 0);                            // [B, D]
}

void VitClassifier::freeze_blocks(int64_t count) {
  check_frozen_blocks(count, options_.depth);
  frozen_blocks_ = count;
}

void VitClassifier::initialize(uint64_t seed) {
  const Tensor patch_weight = named_parameters()["patch_embed.proj.weight"];
  for (auto& item : named_parameters()) {
    if (item.key() == "pos_embed") continue;
    if (item.key() == "head.weight") {
      fill_normal(item.value(), 2e-5, seed, item.key());
    } else {
      initialize_vit_parameter(item.key(), item.value(), patch_weight, seed);
    }
  }
}

nlohmann::json VitClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "vit_classifier";
  return json;
}

ClassifierKind vit_classifier_kind() {
  ClassifierKind kind;
  kind.model = "vit_classifier";
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<VitClassifier>(
        parse_model_options<VitClassifierOptions>(config, vit_defaults()));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    VitClassifierOptions options;
    static_cast<VitOptions&>(options) = config.get<VitOptions>();
    options.num_classes = choices.num_classes;
    options.global_pool = choices.global_pool;
    options.drop_path_rate = choices.drop_path_rate;
    nlohmann::json json = options;
    json["model"] = "vit_classifier";
    return json;
  };
  kind.take_encoder = [](const nlohmann::json& config, StateDict* tensors) {
    drop_tensors(tensors, "decoder_");
    drop_tensors(tensors, "mask_token");
    drop_tensors(tensors, "encoder_mask_token");
    drop_tensors(tensors, "target.");
    const bool pooled = config.at("global_pool").get<bool>();
    // The final norm belongs to the class token; the pooled patches get a fresh one, as published.
    drop_tensors(tensors, pooled ? "norm." : "fc_norm.");
    return pooled ? std::vector<std::string>{"fc_norm."} : std::vector<std::string>{};
  };
  return kind;
}

}  // namespace mae
