// The loss from patches cut out beforehand is the loss of forward(), with the same gradients,
// though what hidden patches alone need is computed for these alone.
#include <ATen/ops/argsort.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/masking/hidden_ids.h"
#include "mae/models/mae.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patchify.h"
#include "support/random_tensor.h"

namespace mae {
namespace {

using test::random_tensor;

MaeOptions small() {
  MaeOptions options;
  options.img_size = {12, 16};
  options.patch_size = {4, 2};
  options.embed_dim = 12;
  options.depth = 2;
  options.num_heads = 3;
  options.decoder_embed_dim = 8;
  options.decoder_depth = 2;
  options.decoder_num_heads = 2;
  return options;
}

/// What masked_patches() makes, in float64.
MaskedPatches patches_of(const Tensor& images, const PatchSelection& selection,
                         const MaeOptions& options) {
  const Tensor patches = patchify(images, options.patch_size);  // [B, L, P]
  const Tensor visible = gather_tokens(patches, selection.ids_keep);
  const Tensor hidden = gather_tokens(patches, hidden_ids(selection));
  return {visible.unflatten(2, {-1, options.in_chans}).transpose(2, 3).flatten(2),
          options.norm_pix_loss ? normalize_patches(hidden) : hidden};
}

void expect_same_loss(const MaeOptions& options, double mask_ratio) {
  Mae model(options);
  model.initialize(/*seed=*/3);
  model.to(at::kDouble);
  ASSERT_TRUE(model.takes_patches());
  const int64_t B = 3, L = options.grid().area();
  const Tensor images =
      random_tensor({B, options.in_chans, options.img_size.height, options.img_size.width}, 1);
  const PatchSelection selection = random_masking(random_tensor({B, L}, 2), mask_ratio);
  const Tensor expected = model.forward(images, selection).loss;
  expected.backward();
  std::vector<Tensor> gradients;
  for (const auto& item : model.named_parameters()) {
    gradients.push_back(item.value().grad().defined() ? item.value().grad().clone() : Tensor());
    Tensor parameter = item.value();
    parameter.mutable_grad().reset();
  }
  const Tensor loss = model.loss_of_patches(patches_of(images, selection, options), selection,
                                            hidden_ids(selection));
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-13);
  size_t i = 0;
  for (const auto& item : model.named_parameters()) {
    const Tensor& before = gradients[i++];
    ASSERT_EQ(item.value().grad().defined(), before.defined()) << item.key();
    if (!before.defined()) continue;
    EXPECT_GT(before.abs().max().item<double>(), 0) << item.key();
    EXPECT_LT((item.value().grad() - before).abs().max().item<double>(), 1e-13) << item.key();
  }
}

TEST(MaePatches, LossAndGradientsAreThoseOfForward) {
  for (const double mask_ratio : {0.75, 0.5, 0.1}) expect_same_loss(small(), mask_ratio);
}

TEST(MaePatches, SoTheyAreWhateverTheModelIs) {
  MaeOptions normalized = small();
  normalized.norm_pix_loss = true;
  expect_same_loss(normalized, 0.75);
  MaeOptions headless = small();
  headless.class_token = false;
  expect_same_loss(headless, 0.75);
  MaeOptions shallow = small();
  shallow.decoder_depth = 1;
  shallow.predict_hidden = true;
  expect_same_loss(shallow, 0.6);
  MaeOptions grey = small();
  grey.in_chans = 1;
  expect_same_loss(grey, 0.75);
}

TEST(MaePatches, AreNotForModelsThatNeedAllOfThem) {
  MaeOptions options = small();
  options.encoder_mask_tokens = true;
  EXPECT_FALSE(Mae(options).takes_patches());
  options = small();
  options.target = TargetKind::kNormPixelsChannel;
  EXPECT_FALSE(Mae(options).takes_patches());
  options = small();
  options.decoder_embed_dim = 0;
  EXPECT_FALSE(Mae(options).takes_patches());
}

TEST(HiddenIds, AreThePlacesBehindTheVisibleOnes) {
  const PatchSelection selection = random_masking(random_tensor({4, 30}, 7), 0.7);
  const Tensor order = at::argsort(selection.ids_restore, /*dim=*/int64_t{1});
  EXPECT_TRUE(hidden_ids(selection).equal(order.slice(1, selection.ids_keep.size(1))));
}

}  // namespace
}  // namespace mae
