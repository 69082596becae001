#include "mae/models/fast_conv_mae.h"

#include <ATen/core/grad_mode.h>

#include "mae/models/init_rules.h"
#include "mae/models/option_checks.h"
#include "mae/models/size_json.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patch_target.h"

namespace mae {
namespace {

// Checked here, since the base is built before the constructor's body.
const FastConvMaeOptions& checked(const FastConvMaeOptions& options) {
  check_options(options);
  return options;
}

void check_share(const char* field, double value, double high) {
  if (value >= 0 && value <= high) return;
  throw UsageError(std::string(field) + " is " + std::to_string(value) + "; expected 0 to " +
                   std::to_string(high));
}

}  // namespace

void check_options(const FastConvMaeOptions& o) {
  check_options(static_cast<const ConvMaeOptions&>(o));
  check_share("ema_momentum", o.ema_momentum, 1.0);
  check_share("ema_loss_weight", o.ema_loss_weight, 1000.0);
  if (o.ema_reconstructor)
    check_range("private_decoder_depth", o.private_decoder_depth, 0, o.decoder_depth);
}

void to_json(nlohmann::json& json, const FastConvMaeOptions& o) {
  to_json(json, static_cast<const ConvMaeOptions&>(o));
  json["ema_reconstructor"] = o.ema_reconstructor;
  json["private_decoder_depth"] = o.private_decoder_depth;
  json["ema_momentum"] = o.ema_momentum;
  json["ema_loss_weight"] = o.ema_loss_weight;
}

void from_json(const nlohmann::json& json, FastConvMaeOptions& o) {
  from_json(json, static_cast<ConvMaeOptions&>(o));
  take_field(json, "ema_reconstructor", o.ema_reconstructor);
  take_field(json, "private_decoder_depth", o.private_decoder_depth);
  take_field(json, "ema_momentum", o.ema_momentum);
  take_field(json, "ema_loss_weight", o.ema_loss_weight);
}

/// The encoder's momentum average; saved with the model, so that a resumed run goes on with it.
class FastConvMae::Teacher : public Module {
 public:
  explicit Teacher(const ConvVitOptions& options) : encoder_(*this, options) {
    for (Tensor& parameter : parameters()) parameter.set_requires_grad(false);
  }
  Tensor tokens(const Tensor& images) const { return encoder_.encode(images, nullptr, {}).tokens; }

 private:
  ConvMaeEncoder encoder_;
};

/// Own decoder blocks, norm and prediction of encoder features: [R, L, Dd] -> [R, L, D].
class FastConvMae::FeatureReconstructor : public Module {
 public:
  explicit FeatureReconstructor(const FastConvMaeOptions& o) {
    blocks_ = register_blocks(*this, "blocks", o.private_decoder_depth,
                              block_options(o.decoder_embed_dim, o.decoder_num_heads,
                                            o.mlp_ratio.front(), o.qkv_bias, o.layer_norm_eps));
    norm_ =
        register_module("norm", std::make_shared<LayerNorm>(o.decoder_embed_dim, o.layer_norm_eps));
    pred_ =
        register_module("pred", std::make_shared<Linear>(o.decoder_embed_dim, o.embed_dim.back()));
  }
  Tensor forward(Tensor x) const {
    for (const auto& block : blocks_) x = block->forward(x);
    return pred_->forward(norm_->forward(x));
  }

 private:
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> pred_;
};

FastConvMae::FastConvMae(const FastConvMaeOptions& options)
    : ConvMae(checked(options)), options_(options) {
  if (!options.ema_reconstructor) return;
  teacher_ = register_module("teacher", std::make_shared<Teacher>(options));
  reconstructor_ =
      register_module("ema_reconstructor", std::make_shared<FeatureReconstructor>(options));
}

PretrainOutput FastConvMae::forward(const Tensor& images, const PatchSelection& selection) {
  if (!teacher_) return ConvMae::forward(images, selection);
  if (is_training() && at::GradMode::is_enabled()) move_teacher();
  const Tensor latent = encode(images, &selection).tokens;  // [R, L_vis, D]
  const Tensor tokens = decoder().assemble_unshuffled(latent, selection.ids_restore);
  const int64_t shared_depth = options_.decoder_depth - options_.private_decoder_depth;
  const Tensor shared = decoder().run_blocks(tokens, 0, shared_depth);  // [R, L, Dd]
  const Tensor pred = decoder().predict(shared, shared_depth);          // [R, L, P]
  const Tensor features = reconstructor_->forward(shared);              // [R, L, D]
  const int64_t copies = pred.size(0) / images.size(0);
  const auto repeated = [&](const Tensor& target) { return target.repeat({copies, 1, 1}); };
  const Tensor pixels = patch_target(images, options_.patch_size, options_.norm_pix_loss);
  const Tensor loss =
      masked_patch_loss(pred, repeated(pixels), selection.mask) +
      masked_patch_loss(features, repeated(teacher_features(images)), selection.mask) *
          options_.ema_loss_weight;
  return {loss, pred};
}

/// teacher = momentum * teacher + (1 - momentum) * encoder, parameter by parameter.
void FastConvMae::move_teacher() {
  at::NoGradGuard no_grad;
  const auto own = named_parameters();
  for (auto& item : teacher_->named_parameters())
    item.value().lerp_(own[item.key()], 1.0 - options_.ema_momentum);
}

/// [B, L, D], each token less its mean over its deviation: without, both could shrink to nothing.
Tensor FastConvMae::teacher_features(const Tensor& images) const {
  at::NoGradGuard no_grad;
  return normalize_patches(teacher_->tokens(images));
}

nlohmann::json FastConvMae::config() const {
  nlohmann::json json = options_;
  json["model"] = "fast_conv_mae";
  return json;
}

void FastConvMae::initialize(uint64_t seed) {
  initialize_conv_mae(*this, seed);
  if (!teacher_) return;
  at::NoGradGuard no_grad;
  const auto own = named_parameters();
  for (auto& item : teacher_->named_parameters()) item.value().copy_(own[item.key()]);
}

MaskedModelKind fast_conv_mae_kind() {
  MaskedModelKind kind;
  kind.model = "fast_conv_mae";
  kind.family = "fast-conv-mae-";
  kind.classifier = "conv_vit_classifier";
  kind.resize = conv_vit_resize_rule();
  nlohmann::json base = FastConvMaeOptions();
  base["model"] = "fast_conv_mae";
  kind.named.emplace_back("fast-conv-mae-base", base);
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<FastConvMae>(parse_model_options<FastConvMaeOptions>(config));
  };
  return kind;
}

}  // namespace mae
