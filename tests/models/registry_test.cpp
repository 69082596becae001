// Named models have the published sizes, to the last parameter.
#include "mae/models/registry.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/models/mae.h"
#include "mae/models/state_dict.h"

namespace mae {
namespace {

// Built from shapes alone: the large ones would take gigabytes.
int64_t expected_parameters(const MaeOptions& o) {
  const auto block = [](int64_t d) { return 12 * d * d + 13 * d; };
  const int64_t D = o.embed_dim, Dd = o.decoder_embed_dim, P = o.patch_values(),
                L = o.grid().area();
  return D + (L + 1) * D + Dd + (L + 1) * Dd + D * P + D + o.depth * block(D) + 2 * D + D * Dd +
         Dd + o.decoder_depth * block(Dd) + 2 * Dd + Dd * P + P;
}

TEST(Registry, NamesHaveThePublishedParameterCounts) {
  const int64_t counts[] = {31338688, 47578240, 111907840, 329541888, 657074508};
  const auto names = model_names();  // MAE's come first
  ASSERT_GE(names.size(), 5u);
  EXPECT_TRUE(names.size() == 5 || names[5].rfind("mae-vit-", 0) != 0);
  for (size_t i = 0; i < 5; ++i) {
    const auto options = named_model_config(names[i]).get<MaeOptions>();
    EXPECT_EQ(expected_parameters(options), counts[i]) << names[i];
  }
  const auto tiny = make_masked_model(named_model_config("mae-vit-tiny-patch16"));
  EXPECT_EQ(parameter_count(*tiny, false), 31338688);
  EXPECT_EQ(parameter_count(*tiny, true), 31200000);
  EXPECT_EQ(state_dict(*tiny).size(), 254u);
}

TEST(Registry, EncoderAloneHasNoDecoderTensors) {
  auto config = named_model_config("mae-vit-tiny-patch16");
  config["decoder_embed_dim"] = 0;
  const auto encoder = make_masked_model(config);
  EXPECT_EQ(parameter_count(*encoder, false), 5524416);
  EXPECT_FALSE(encoder->has_decoder());
}

TEST(Registry, WrongNamesFieldsAndSizesAreRefused) {
  EXPECT_THROW(named_model_config("mae-vit-giant"), UsageError);
  EXPECT_THROW(make_masked_model({{"model", "gan"}}), UsageError);
  for (const nlohmann::json& wrong : {nlohmann::json{{"embed_dims", 12}},
                                      {{"embed_dim", "wide"}},
                                      {{"embed_dim", -4}},
                                      {{"depth", 0}},
                                      {{"num_heads", 5}},
                                      {{"patch_size", 15}},
                                      {{"in_chans", 0}},
                                      {{"mlp_ratio", -1.0}},
                                      {{"embed_dim", 6}, {"num_heads", 1}},
                                      {{"decoder_num_heads", 7}},
                                      {{"img_size", {224}}}}) {
    auto config = named_model_config("mae-vit-tiny-patch16");
    config.update(wrong);
    EXPECT_THROW(make_masked_model(config), UsageError) << wrong;
  }
}

TEST(Registry, MisspeltNamesAreNotTakenForFiles) {
  try {
    check_model_name("mae-vit-bas-patch16");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("mae-vit-base-patch16"), std::string::npos);
  }
  EXPECT_NO_THROW(check_model_name("mae-vit-base-patch16"));
  EXPECT_NO_THROW(check_model_name("no-such-file.safetensors"));  // its reader will say so
}

TEST(Registry, ConfigurationsRoundTrip) {
  MaeOptions o;
  o.img_size = {32, 48};
  o.patch_size = {4, 8};
  o.in_chans = 2;
  o.embed_dim = 24;
  o.depth = 2;
  o.num_heads = 2;
  o.decoder_embed_dim = 16;
  o.decoder_depth = 1;
  o.decoder_num_heads = 2;
  o.norm_pix_loss = true;
  const Mae model(o);
  const auto again = make_masked_model(model.config());
  EXPECT_EQ(again->config(), model.config());
  EXPECT_EQ(again->grid(), (Size2d{8, 6}));
}

}  // namespace
}  // namespace mae
