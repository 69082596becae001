// The whole pretraining pass against the published implementation in float64.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/models/mae.h"
#include "mae/ops/patchify.h"
#include "reference_weights.h"

namespace mae {
namespace {

using test::ReferenceFile;

int64_t integer(const ReferenceFile& file, const char* name) {
  return std::stoll(file.attribute("/", name));
}

MaeOptions options_of(const ReferenceFile& file) {
  MaeOptions o;
  o.img_size = {integer(file, "img_size"), integer(file, "img_size")};
  o.patch_size = {integer(file, "patch_size"), integer(file, "patch_size")};
  o.embed_dim = integer(file, "embed_dim");
  o.depth = integer(file, "depth");
  o.num_heads = integer(file, "num_heads");
  o.decoder_embed_dim = integer(file, "decoder_embed_dim");
  o.decoder_depth = integer(file, "decoder_depth");
  o.decoder_num_heads = integer(file, "decoder_num_heads");
  o.norm_pix_loss = file.attribute_number("/", "norm_pix_loss") != 0;
  return o;
}

class MaeReference : public testing::TestWithParam<const char*> {};

TEST_P(MaeReference, EveryNumberEqualsThePublishedOne) {
  const ReferenceFile file(test::reference_path(GetParam()));
  Mae model(options_of(file));
  test::load_reference_weights(model, file);
  const Tensor images = test::tensor_of(file, "inputs/images");
  const PatchSelection selection = random_masking(test::tensor_of(file, "inputs/noise"), 0.75);

  EXPECT_TRUE(
      at::equal(patchify(images, model.patch_size()), test::tensor_of(file, "outputs/patchify")));
  EXPECT_TRUE(at::equal(selection.ids_restore.to(at::kDouble),
                        test::tensor_of(file, "outputs/ids_restore")));
  EXPECT_TRUE(at::equal(selection.mask.to(at::kDouble), test::tensor_of(file, "outputs/mask")));
  test::expect_numbers("tokens", model.embed(images), file.numbers("outputs/tokens_with_pos"),
                       test::kFloat64);
  test::expect_numbers("latent", model.encode(images, &selection).tokens,
                       file.numbers("outputs/latent"), {1e-9, 1e-11});
  const PretrainOutput output = model.forward(images, selection);
  test::expect_numbers("pred", output.pred, file.numbers("outputs/pred"), {1e-9, 1e-11});
  test::expect_number("loss", output.loss.item<double>(), file.numbers("outputs/loss")[0],
                      test::kFloat64);
  output.loss.backward();
  test::expect_reference_gradients(model, file);
}

INSTANTIATE_TEST_SUITE_P(Targets, MaeReference,
                         testing::Values("mae_pixels.h5", "mae_norm_pixels.h5"),
                         [](const auto& info) {
                           return std::string(info.index ? "normalised_pixels" : "pixels");
                         });

}  // namespace
}  // namespace mae
