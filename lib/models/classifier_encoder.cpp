// The same parameters as the classifier's but for the head.
#include "mae/models/classifier_encoder.h"

#include <ATen/ops/empty.h>

#include "mae/base/error.h"

namespace mae {

ClassifierEncoder::ClassifierEncoder(const VitClassifierOptions& options) : options_(options) {
  check_options(options);
  const int64_t D = options.embed_dim;
  if (options.class_token) cls_token_ = register_parameter("cls_token", at::empty({1, 1, D}));
  pos_embed_ = register_parameter("pos_embed", vit_pos_embed(options, D));
  patch_embed_ = register_module(
      "patch_embed", std::make_shared<PatchEmbed>(options.patch_size, options.in_chans, D));
  blocks_ = register_blocks(*this, "blocks", options.depth, vit_block_options(options));
  auto norm = std::make_shared<LayerNorm>(D, options.layer_norm_eps);
  (options.global_pool ? fc_norm_ : norm_) =
      register_module(options.global_pool ? "fc_norm" : "norm", norm);
}

PretrainOutput ClassifierEncoder::forward(const Tensor&, const PatchSelection&) {
  throw UsageError("a fine-tuned classifier has no decoder and predicts no pixels");
}

EncoderOutput ClassifierEncoder::encode(const Tensor& images, const PatchSelection* selection,
                                        const EncodeRequest& request) {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  const VitEncoder encoder{*patch_embed_, cls_token_, pos_embed_, blocks_, norm_.get()};
  return encode_patches(encoder, images, selection, request);
}

Tensor ClassifierEncoder::pooled_features(const Tensor& tokens, Pool pool) const {
  const Tensor pooled = pool_tokens(tokens, pool, num_prefix_tokens());
  return fc_norm_ ? fc_norm_->forward(pooled) : pooled;
}

nlohmann::json ClassifierEncoder::config() const {
  nlohmann::json json = options_;
  json["model"] = "vit_classifier";
  return json;
}

void ClassifierEncoder::initialize(uint64_t) {
  throw UsageError("a classifier's encoder is read from a fine-tuned checkpoint", "--model",
                   "start a new model by its name, such as mae-vit-base-patch16");
}

MaskedModelKind classifier_encoder_kind() {
  MaskedModelKind kind;
  kind.model = "vit_classifier";
  kind.classifier = "vit_classifier";
  kind.unused = {"head."};
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<ClassifierEncoder>(
        parse_model_options<VitClassifierOptions>(config, vit_defaults()));
  };
  return kind;
}

}  // namespace mae
