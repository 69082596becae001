// The fine-tuning classifier in both poolings against the published implementation in float64.
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <gtest/gtest.h>

#include "mae/models/vit_classifier.h"
#include "reference_weights.h"

namespace mae {
namespace {

using test::ReferenceFile;

class VitReference : public testing::TestWithParam<const char*> {};

TEST_P(VitReference, FeaturesLogitsLossAndGradientsEqualThePublishedOnes) {
  const ReferenceFile file(test::reference_path(GetParam()));
  const auto integer = [&](const char* name) { return std::stoll(file.attribute("/", name)); };
  VitClassifierOptions o;
  o.img_size = {integer("img_size"), integer("img_size")};
  o.patch_size = {integer("patch_size"), integer("patch_size")};
  o.embed_dim = integer("embed_dim");
  o.depth = integer("depth");
  o.num_heads = integer("num_heads");
  o.num_classes = integer("num_classes");
  o.global_pool = file.attribute("/", "pool") == "mean";
  VitClassifier model(o);
  test::load_reference_weights(model, file);
  const Tensor images = test::tensor_of(file, "inputs/images");
  const Tensor labels = test::tensor_of(file, "inputs/labels").to(at::kLong);
  test::expect_numbers("features", model.forward_features(images), file.numbers("outputs/features"),
                       {1e-9, 1e-11});
  const Tensor logits = model.forward(images);
  test::expect_numbers("logits", logits, file.numbers("outputs/logits"), {1e-9, 1e-11});
  const Tensor log_p = at::log_softmax(logits, /*dim=*/-1);
  const Tensor loss = at::nll_loss(log_p, labels) * 0.9 - log_p.mean(-1).mean() * 0.1;
  test::expect_number("loss", loss.item<double>(), file.numbers("outputs/loss")[0], test::kFloat64);
  loss.backward();
  test::expect_reference_gradients(model, file);
}

INSTANTIATE_TEST_SUITE_P(Poolings, VitReference,
                         testing::Values("vit_finetune_mean.h5", "vit_finetune_cls.h5"),
                         [](const auto& info) { return std::string(info.index ? "cls" : "mean"); });

}  // namespace
}  // namespace mae
