// Words of a person to fields of a configuration.
#include "mae/jobs/model_fields.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

TEST(ModelFields, ValuesAreNumbersListsTruthOrText) {
  EXPECT_EQ(parse_model_fields({"depths=1,1,2,1", "embed_dim=8", "vis_mask_ratio=0.25",
                                "norm_pix_loss=true", "patch_size=[2,4]",
                                "decoder_pos_order=consistent", "note=a=b"}),
            nlohmann::json({{"depths", {1, 1, 2, 1}},
                            {"embed_dim", 8},
                            {"vis_mask_ratio", 0.25},
                            {"norm_pix_loss", true},
                            {"patch_size", {2, 4}},
                            {"decoder_pos_order", "consistent"},
                            {"note", "a=b"}}));
  EXPECT_EQ(parse_model_fields({"empty="}), nlohmann::json({{"empty", ""}}));
  EXPECT_EQ(parse_model_fields({}), nlohmann::json::object());
}

TEST(ModelFields, WordsWithoutANameAreRefused) {
  EXPECT_THROW(parse_model_fields({"depths"}), UsageError);
  EXPECT_THROW(parse_model_fields({"=3"}), UsageError);
}

}  // namespace
}  // namespace mae
