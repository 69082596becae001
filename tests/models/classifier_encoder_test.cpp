// A classifier's encoder gives the vector its head was trained on, in both poolings.
#include "mae/models/classifier_encoder.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "golden_case.h"
#include "mae/base/error.h"
#include "mae/masking/mask_strategy.h"
#include "mae/models/checkpoint.h"
#include "mae/models/registry.h"

namespace mae {
namespace {

Tensor images_of(int64_t batch) {
  return test::input_tensor(
             {{"seed", "image"}, {"shape", {batch, 2, 16, 24}}, {"scale", 4.0}, {"offset", -2.0}})
      .to(at::kFloat);
}

class ClassifierEncoderTest : public testing::TestWithParam<bool> {
 protected:
  ClassifierEncoderTest() {
    VitClassifierOptions options;
    options.img_size = {16, 24};
    options.patch_size = {4, 8};
    options.in_chans = 2;
    options.embed_dim = 24;
    options.depth = 2;
    options.num_heads = 3;
    options.num_classes = 5;
    options.global_pool = GetParam();
    classifier_ = std::make_shared<VitClassifier>(options);
    test::fill_from_names(*classifier_);
    classifier_->to(at::kFloat);
    checkpoint_.config = classifier_->config();
    checkpoint_.tensors = state_dict(*classifier_);
  }
  std::shared_ptr<VitClassifier> classifier_;
  Checkpoint checkpoint_;
  const at::NoGradGuard no_grad_;
};

TEST_P(ClassifierEncoderTest, PooledFeaturesAreWhatTheHeadSees) {
  const auto encoder = load_masked_model(checkpoint_, "tuned");
  EXPECT_FALSE(encoder->has_decoder());
  EXPECT_EQ(encoder->default_pool(), GetParam() ? Pool::kMean : Pool::kCls);
  const Tensor tokens = encoder->encode(images_of(3)).tokens;
  EXPECT_TRUE(at::equal(encoder->pooled_features(tokens, encoder->default_pool()),
                        classifier_->forward_features(images_of(3))));
  EXPECT_EQ(encoder->config(), classifier_->config());
}

TEST_P(ClassifierEncoderTest, EncodesVisiblePatchesOnly) {
  const auto encoder = load_masked_model(checkpoint_, "tuned");
  const PatchSelection s =
      draw_selection({MaskStrategy::kRandom, 0.5}, encoder->grid(), 1, 0, {5, 6});
  EXPECT_EQ(encoder->encode(images_of(2), &s).tokens.sizes(), (at::IntArrayRef{2, 7, 24}));
  EXPECT_THROW(encoder->forward(images_of(2), s), UsageError);
}

TEST_P(ClassifierEncoderTest, IsResizedAndRefusesWhatItsPatchesCannotCut) {
  const auto larger = load_masked_model(checkpoint_, "tuned", {32, 24});
  EXPECT_EQ(larger->grid(), (Size2d{8, 3}));
  EXPECT_THROW(load_masked_model(checkpoint_, "tuned", {30, 24}), DataError);
}

INSTANTIATE_TEST_SUITE_P(Poolings, ClassifierEncoderTest, testing::Bool());

TEST(Registry, KnowsEachKindAndItsClassifier) {
  EXPECT_TRUE(is_classifier({{"model", "vit_classifier"}}));
  EXPECT_FALSE(is_classifier({{"model", "mae"}}));
  EXPECT_EQ(classifier_kind_for({{"model", "mae"}}).model, "vit_classifier");
  EXPECT_THROW(masked_model_kind({{"model", "mea"}}), UsageError);
  EXPECT_THROW(masked_model_kind({{"model", 3}}), UsageError);
  EXPECT_THROW(classifier_kind({{"model", "mae"}}), UsageError);
}

}  // namespace
}  // namespace mae
