// One published fine-tuning step in float64: loss with label smoothing, AdamW with layer-wise
// decay.
#include <gtest/gtest.h>

#include "mae/models/vit_classifier.h"
#include "mae/train/label_smoothing.h"
#include "mae/train/optimizer.h"
#include "models/reference_weights.h"

namespace mae {
namespace {

using test::ReferenceFile;

VitClassifierOptions options_of(const ReferenceFile& file) {
  const auto integer = [&](const char* name) { return std::stoll(file.attribute("/", name)); };
  VitClassifierOptions options;
  options.img_size = {integer("img_size"), integer("img_size")};
  options.patch_size = {integer("patch_size"), integer("patch_size")};
  options.embed_dim = integer("embed_dim");
  options.depth = integer("depth");
  options.num_heads = integer("num_heads");
  options.num_classes = integer("num_classes");
  options.global_pool = file.attribute("/", "pool") == "mean";
  return options;
}

class FinetuneReference : public testing::TestWithParam<const char*> {};

TEST_P(FinetuneReference, WeightsAfterOneStepEqualThePublishedOnes) {
  const ReferenceFile file(test::reference_path(GetParam()));
  VitClassifier model(options_of(file));
  test::load_reference_weights(model, file);
  const auto number = [&](const char* name) { return file.attribute_number("/", name); };
  const auto optimizer =
      make_adamw(layer_decay_groups(model, number("weight_decay"), number("layer_decay")),
                 AdamWOptions{0.9, 0.999, 1e-8, true});
  const Tensor labels = test::tensor_of(file, "inputs/labels").to(at::kLong);
  const Tensor targets =
      soft_targets(labels, model.options().num_classes, number("label_smoothing"));
  const Tensor loss =
      soft_target_loss(model.forward(test::tensor_of(file, "inputs/images")), targets);
  EXPECT_NEAR(loss.item<double>(), file.numbers("outputs/loss").front(), 1e-12);
  loss.backward();
  optimizer->step(number("lr"));
  const auto names = file.children("weights_after_one_step");
  EXPECT_EQ(names.size(), model.named_parameters().size());
  for (const std::string& name : names) {
    // A cut file holds the first numbers of each tensor.
    const std::string path = "weights_after_one_step/" + name;
    const std::vector<double> expected = file.numbers(path);
    const Tensor actual = model.named_parameters()[name].detach().flatten();
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(actual[static_cast<int64_t>(i)].item<double>(), expected[i], 1e-9)
          << name << "[" << i << "]";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Poolings, FinetuneReference,
                         testing::Values("vit_finetune_mean.h5", "vit_finetune_cls.h5"),
                         [](const auto& info) { return std::string(info.index ? "cls" : "mean"); });

}  // namespace
}  // namespace mae
