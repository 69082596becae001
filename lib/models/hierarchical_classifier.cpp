// The head, and everything around the stages.
#include "mae/models/hierarchical_classifier.h"

#include "mae/base/error.h"
#include "mae/models/hierarchical_request.h"
#include "mae/models/option_checks.h"

namespace mae {

void check_options(const HeadOptions& o) {
  check_range("num_classes", o.num_classes, 1, int64_t{1} << 24);
  check_drop_path_rate(o.drop_path_rate);
}

void to_json(nlohmann::json& json, const HeadOptions& o) {
  json = {{"num_classes", o.num_classes}, {"drop_path_rate", o.drop_path_rate}};
}

void from_json(const nlohmann::json& json, HeadOptions& o) {
  take_field(json, "num_classes", o.num_classes);
  take_field(json, "drop_path_rate", o.drop_path_rate);
}

void HierarchicalClassifier::register_fc_norm(double layer_norm_eps) {
  fc_norm_ = register_module("fc_norm", std::make_shared<LayerNorm>(embed_dim(), layer_norm_eps));
}

void HierarchicalClassifier::register_head() {
  head_ = register_module("head", std::make_shared<Linear>(embed_dim(), head_options_.num_classes));
}

Tensor HierarchicalClassifier::forward(const Tensor& images, const Tensor& drop_path_uniform) {
  return head_->forward(forward_features(images, drop_path_uniform));
}

Tensor HierarchicalClassifier::forward_features(const Tensor& images,
                                                const Tensor& drop_path_uniform) {
  StageWalk walk;
  walk.depth = depth();
  walk.drop_path_uniform = drop_path_uniform;
  walk.drop_path_rate = head_options_.drop_path_rate;
  walk.frozen_blocks = frozen_blocks_;
  check_shape("images", images, {kAny, in_chans(), img_size().height, img_size().width});
  return normalize_pooled(encode_tokens(images, walk).mean(/*dim=*/1));
}

EncoderOutput HierarchicalClassifier::encode(const Tensor& images, const PatchSelection* selection,
                                             const EncodeRequest& request) const {
  check_request(request, selection != nullptr);
  if (selection)
    throw UsageError("this classifier sees whole pictures", "", "encode without masks");
  check_shape("images", images, {kAny, in_chans(), img_size().height, img_size().width});
  StageWalk walk;
  walk.depth = depth();
  walk.request = request;
  walk.kept.tokens = encode_tokens(images, walk);
  return walk.kept;
}

Tensor HierarchicalClassifier::normalize_pooled(const Tensor& pooled) const {
  return fc_norm_ ? fc_norm_->forward(pooled) : pooled;
}

std::vector<int64_t> stage_strides(Size2d patch_size, int64_t stages) {
  std::vector<int64_t> strides;
  for (int64_t s = 0; s < stages; ++s) strides.push_back(patch_size.height << s);
  return strides;
}

void HierarchicalClassifier::freeze_blocks(int64_t count) {
  check_frozen_blocks(count, depth());
  frozen_blocks_ = count;
}

HeadOptions head_options(const ClassifierChoices& choices) {
  if (!choices.global_pool)
    throw UsageError("this model has no class token; its classifier pools the mean of all tokens",
                     "", "leave out --no-global-pool");
  return {choices.num_classes, choices.drop_path_rate};
}

std::vector<std::string> take_pooled_encoder(const nlohmann::json&, StateDict* tensors) {
  for (const char* prefix : {"decoder_", "mask_token", "vis_mask_token", "norm."})
    drop_tensors(tensors, prefix);
  return {"fc_norm."};
}

}  // namespace mae
