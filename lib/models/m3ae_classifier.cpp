// Whole pictures through M3AE's encoder, without text.
#include "mae/models/m3ae_classifier.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "mae/base/text.h"
#include "mae/models/classifier_as_encoder.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/models/m3ae.h"
#include "mae/models/option_checks.h"
#include "mae/models/size_json.h"
#include "mae/nn/branch_scale.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/patchify.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

constexpr const char* kBlocks = "encoder.blocks.";

/// The encoder has a class token, which features may be.
class M3aeFinetunedEncoder : public ClassifierAsEncoder<M3aeClassifier> {
 public:
  explicit M3aeFinetunedEncoder(const std::shared_ptr<M3aeClassifier>& classifier)
      : ClassifierAsEncoder(classifier),
        default_pool_(classifier->global_pool() ? Pool::kMean : Pool::kCls) {}
  int64_t num_prefix_tokens() const override { return 1; }
  bool has_cls_attention() const override { return false; }
  Pool default_pool() const override { return default_pool_; }

 private:
  Pool default_pool_;
};

BlockOptions block_options(const M3aeClassifierOptions& o) {
  BlockOptions block;
  block.dim = o.emb_dim;
  block.num_heads = o.num_heads;
  block.mlp_ratio = o.mlp_ratio;
  block.layer_norm_eps = o.layer_norm_eps;
  return block;
}

}  // namespace

void check_options(const M3aeClassifierOptions& o) {
  M3aeOptions encoder;
  encoder.image_size = o.image_size;
  encoder.patch_size = o.patch_size;
  encoder.in_chans = o.in_chans;
  encoder.emb_dim = o.emb_dim;
  encoder.depth = o.depth;
  encoder.num_heads = o.num_heads;
  encoder.mlp_ratio = o.mlp_ratio;
  encoder.layer_norm_eps = o.layer_norm_eps;
  check_options(encoder);
  check_range("num_classes", o.num_classes, 1, int64_t{1} << 24);
  check_drop_path_rate(o.drop_path_rate);
}

void to_json(nlohmann::json& json, const M3aeClassifierOptions& o) {
  json = {{"img_size", o.image_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"embed_dim", o.emb_dim},
          {"depth", o.depth},
          {"num_heads", o.num_heads},
          {"mlp_ratio", o.mlp_ratio},
          {"use_type_embedding", o.use_type_embedding},
          {"layer_norm_eps", o.layer_norm_eps},
          {"num_classes", o.num_classes},
          {"global_pool", o.global_pool},
          {"drop_path_rate", o.drop_path_rate}};
}

void from_json(const nlohmann::json& json, M3aeClassifierOptions& o) {
  take_field(json, "img_size", o.image_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "embed_dim", o.emb_dim);
  take_field(json, "depth", o.depth);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "use_type_embedding", o.use_type_embedding);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
  take_field(json, "num_classes", o.num_classes);
  take_field(json, "global_pool", o.global_pool);
  take_field(json, "drop_path_rate", o.drop_path_rate);
}

M3aeClassifier::M3aeClassifier(const M3aeClassifierOptions& options) : options_(options) {
  check_options(options);
  const int64_t D = options.emb_dim;
  cls_token_ = register_parameter("cls_token", at::empty({1, 1, D}));
  if (options.use_type_embedding)
    image_type_ = register_parameter("encoder_image_type_embedding", at::empty({1, 1, D}));
  image_embedding_ = register_module(
      "image_embedding", std::make_shared<Linear>(options.patch_size.area() * options.in_chans, D));
  encoder_ = register_module(
      "encoder", std::make_shared<PaddedTransformer>(options.depth, block_options(options)));
  fc_norm_ = register_module("fc_norm", std::make_shared<LayerNorm>(D, options.layer_norm_eps));
  head_ = register_module("head", std::make_shared<Linear>(D, options.num_classes));
  positions_ = sincos_pos_embed(D, options.grid(), /*cls_token=*/false).unsqueeze(0).to(at::kFloat);
}

Tensor M3aeClassifier::forward(const Tensor& images, const Tensor& drop_path_uniform) {
  return head_->forward(forward_features(images, drop_path_uniform));
}

Tensor M3aeClassifier::forward_features(const Tensor& images, const Tensor& drop_path_uniform) {
  const bool learning = at::GradMode::is_enabled();
  Tensor x;
  for (int64_t i = -1; i < options_.depth; ++i) {  // -1: the embedding
    const at::AutoGradMode mode(learning && (frozen_blocks_ == 0 || i >= frozen_blocks_));
    if (i < 0) {
      x = at::cat({cls_token_.expand({images.size(0), -1, -1}), embed(images)}, /*dim=*/1);
      continue;
    }
    Tensor scale;
    if (drop_path_uniform.defined() && options_.drop_path_rate > 0)
      scale = branch_factors(drop_path_uniform[i], options_.drop_path_rate);
    x = encoder_->blocks()[static_cast<size_t>(i)]->forward(x, /*key_bias=*/{}, scale);
  }
  x = encoder_->norm().forward(x);  // [B, 1 + L, D]
  return fc_norm_->forward(pool_tokens(x, options_.global_pool ? Pool::kMean : Pool::kCls, 1));
}

EncoderOutput M3aeClassifier::encode(const Tensor& images, const PatchSelection* selection,
                                     const EncodeRequest& request) const {
  Tensor x = embed(images);
  if (selection) x = gather_tokens(x, selection->ids_keep);
  x = at::cat({cls_token_.expand({x.size(0), -1, -1}), x}, /*dim=*/1);
  EncoderOutput output;
  output.tokens = encoder_->forward(x, /*key_bias=*/{}, request.blocks, &output.blocks);
  return output;
}

/// Patches with position and type: [B, L, D].
Tensor M3aeClassifier::embed(const Tensor& images) const {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.image_size.height, options_.image_size.width});
  const Tensor x = image_embedding_->forward(patchify(images, options_.patch_size));
  const Tensor placed = x + positions_.to(x.options());
  return image_type_.defined() ? placed + image_type_ : placed;
}

void M3aeClassifier::freeze_blocks(int64_t count) {
  check_frozen_blocks(count, options_.depth);
  frozen_blocks_ = count;
}

void M3aeClassifier::initialize(uint64_t seed) {
  initialize_module(*this, {LinearInit::kXavierUniform}, seed,
                    [&](const std::string& name, Tensor& parameter) {
                      if (name == "head.weight") {
                        fill_normal(parameter, 2e-5, seed, name);
                      } else if (ends_with(name, "_embedding")) {
                        fill_normal(parameter, 0.02, seed, name);
                      } else {
                        return false;
                      }
                      return true;
                    });
}

nlohmann::json M3aeClassifier::config() const {
  nlohmann::json json = options_;
  json["model"] = "m3ae_classifier";
  return json;
}

BlockPart M3aeClassifier::block_part(const std::string& name) const {
  const std::string prefix = kBlocks;
  if (!starts_with(name, prefix)) return {};
  const size_t dot = name.find('.', prefix.size());
  return {std::stoll(name.substr(prefix.size(), dot - prefix.size())), name.substr(dot + 1)};
}

int64_t M3aeClassifier::layer_id(const std::string& name) const {
  if (name == "cls_token" || name == "encoder_image_type_embedding" ||
      starts_with(name, "image_embedding."))
    return 0;
  const int64_t block = block_part(name).block;
  return block >= 0 ? block + 1 : num_layers() - 1;
}

bool M3aeClassifier::is_undecayed(const std::string& name) const {
  return name == "cls_token" || ends_with(name, "_embedding");
}

ClassifierKind m3ae_classifier_kind() {
  ClassifierKind kind;
  kind.model = "m3ae_classifier";
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<M3aeClassifier>(parse_model_options<M3aeClassifierOptions>(config));
  };
  kind.config_on = [](const nlohmann::json& config, const ClassifierChoices& choices) {
    auto options = config.get<M3aeClassifierOptions>();
    options.num_classes = choices.num_classes;
    options.global_pool = choices.global_pool;
    options.drop_path_rate = choices.drop_path_rate;
    nlohmann::json json = options;
    json["model"] = "m3ae_classifier";
    return json;
  };
  kind.take_encoder = [](const nlohmann::json&, StateDict* tensors) {
    for (const char* prefix :
         {"decoder_", "decoder.", "text_", "image_mask_embedding", "encoder_text_type_embedding"})
      drop_tensors(tensors, prefix);
    return std::vector<std::string>{"fc_norm."};
  };
  kind.resize = m3ae_resize_rule();
  return kind;
}

MaskedModelKind m3ae_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "m3ae_classifier";
  kind.classifier = kind.model;
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<M3aeFinetunedEncoder>(
        std::make_shared<M3aeClassifier>(parse_model_options<M3aeClassifierOptions>(config)));
  };
  kind.resize = m3ae_resize_rule();
  return kind;
}

}  // namespace mae
