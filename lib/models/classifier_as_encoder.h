// A hierarchical classifier behind the interface of pretrained models, so that features of a
// fine-tuned encoder come from the same tools. Parameters keep their names, the head included.
#pragma once

#include <memory>
#include <vector>

#include "mae/base/error.h"
#include "mae/models/classifier.h"
#include "mae/models/masked_model.h"

namespace mae {

/// C is a Classifier with encode(), normalize_pooled(), patch_size(), embed_dim(), token_depth()
/// and map_strides().
template <typename C>
class ClassifierAsEncoder : public MaskedModel {
 public:
  explicit ClassifierAsEncoder(std::shared_ptr<C> classifier) : classifier_(std::move(classifier)) {
    // The same modules under the same names, so that a checkpoint's tensors find their place.
    for (const auto& item : classifier_->named_children())
      register_module(item.key(), item.value());
    for (const auto& item : classifier_->named_parameters(/*recurse=*/false))
      register_parameter(item.key(), item.value(), item.value().requires_grad());
    for (const auto& item : classifier_->named_buffers(/*recurse=*/false))
      register_buffer(item.key(), item.value());
  }

  /// throws UsageError  a classifier predicts no pixels
  PretrainOutput forward(const Tensor&, const PatchSelection&) override {
    throw UsageError("a fine-tuned classifier has no decoder and predicts no pixels");
  }
  EncoderOutput encode(const Tensor& images, const PatchSelection* selection,
                       const EncodeRequest& request) override {
    return classifier_->encode(images, selection, request);
  }
  /// What the head was trained on: the norm comes after the pooling.
  Tensor pooled_features(const Tensor& tokens, Pool pool) const override {
    return classifier_->normalize_pooled(pool_tokens(tokens, pool, num_prefix_tokens()));
  }
  bool has_decoder() const override { return false; }
  int64_t num_prefix_tokens() const override { return 0; }
  std::vector<int64_t> map_strides() const override { return classifier_->map_strides(); }
  Size2d img_size() const override { return classifier_->img_size(); }
  Size2d patch_size() const override { return classifier_->patch_size(); }
  int64_t in_chans() const override { return classifier_->in_chans(); }
  int64_t embed_dim() const override { return classifier_->embed_dim(); }
  int64_t depth() const override { return classifier_->token_depth(); }
  bool norm_pix_loss() const override { return false; }
  nlohmann::json config() const override { return classifier_->config(); }
  /// throws UsageError  weights come from a fine-tuned checkpoint only
  void initialize(uint64_t) override {
    throw UsageError("a classifier's encoder is read from a fine-tuned checkpoint", "--model",
                     "start a new model by its name");
  }

 private:
  std::shared_ptr<C> classifier_;
};

}  // namespace mae
