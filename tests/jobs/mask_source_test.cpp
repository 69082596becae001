#include "mae/jobs/mask_source.h"

#include "mae/base/error.h"
#include "mae/jobs/mask_job.h"
#include "tiny_world.h"

namespace mae {
namespace {

class MaskSourceTest : public TinyWorld {
 protected:
  std::string mask_of(const std::string& shard, const std::string& name,
                      bool with_patches = false) {
    MaskJob job;
    job.inputs = {shard};
    job.output.path = path(name);
    job.seed = 7;
    job.with_patches = with_patches;
    Progress silent;
    run_mask_job(job, silent);
    return path(name);
  }
  static std::string error_of(const std::vector<std::string>& masks, const SampleDataset& dataset,
                              int64_t patches = 16) {
    try {
      load_masks(masks, dataset, patches);
    } catch (const DataError& error) {
      return error.line();
    }
    return "";
  }
};

TEST_F(MaskSourceTest, FileInputAndDrawnMasksAgree) {
  const std::string shard = write_shard("train.h5");
  const std::string both = mask_of(shard, "both.h5", /*with_patches=*/true);
  const auto dataset = open_dataset({shard}), with_masks = open_dataset({both});
  MaskSourceOptions from_file;
  from_file.file = mask_of(shard, "mask.h5");
  MaskSourceOptions drawn;
  drawn.seed = 7;
  const MaskSource file(from_file, {shard}, *dataset, Size2d{4, 4});
  const MaskSource inside({}, {both}, *with_masks, Size2d{4, 4});
  const MaskSource fresh(drawn, {shard}, *dataset, Size2d{4, 4});
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(file.mask(i), fresh.mask(i)) << i;
    EXPECT_EQ(inside.mask(i), fresh.mask(i)) << i;
  }
  EXPECT_EQ(file.attributes(), fresh.attributes());
  EXPECT_EQ(file.files(), std::vector<std::string>{from_file.file});
}

TEST_F(MaskSourceTest, InputMasksCanBePassedOver) {
  const std::string both = mask_of(write_shard("train.h5"), "both.h5", true);
  const auto dataset = open_dataset({both});
  MaskSourceOptions options;
  options.allow_input_masks = options.allow_drawn = false;
  const MaskSource nothing(options, {both}, *dataset, Size2d{4, 4});
  EXPECT_FALSE(nothing.hides());
  EXPECT_EQ(nothing.mask(0), std::vector<uint8_t>(16, 0));
}

TEST_F(MaskSourceTest, AnotherShardsMaskIsRefused) {
  const std::string shard = write_shard("train.h5");
  TinyShard same_names;
  same_names.program = "mae-patchify again";  // other bytes, so another digest
  const std::string mask = mask_of(write_shard("other.h5", same_names), "mask.h5");
  const std::string error = error_of({mask}, *open_dataset({shard}));
  EXPECT_NE(error.find("mask.h5:/mask: the mask belongs to another shard"), std::string::npos)
      << error;
}

TEST_F(MaskSourceTest, CountsMustFit) {
  const std::string shard = write_shard("train.h5");
  const std::string mask = mask_of(shard, "mask.h5");
  EXPECT_NE(
      error_of({mask}, *open_dataset({shard}), 9).find("mask has 16 patches but the model has 9"),
      std::string::npos);
  TinyShard dogs;
  dogs.prefix = "dog/";
  const std::string second = write_shard("second.h5", dogs);
  EXPECT_NE(error_of({mask}, *open_dataset({shard, second}))
                .find("mask has 5 samples but the input has 10"),
            std::string::npos);
}

TEST_F(MaskSourceTest, SeveralMaskFilesFollowTheOrderOfTheInput) {
  TinyShard dogs;
  dogs.prefix = "dog/";
  const std::string a = write_shard("a.h5"), b = write_shard("b.h5", dogs);
  const std::string mask_a = mask_of(a, "mask_a.h5"), mask_b = mask_of(b, "mask_b.h5");
  EXPECT_EQ(load_masks({mask_a, mask_b}, *open_dataset({a, b}), 16).size(), 10u);
  EXPECT_NE(error_of({mask_b, mask_a}, *open_dataset({a, b}))
                .find("belongs to 'dog/0.png' but the sample is 'cat/0.png'"),
            std::string::npos);
}

TEST_F(MaskSourceTest, ALimitedInputUsesTheFirstMasks) {
  const std::string shard = write_shard("train.h5");
  DatasetOptions three;
  three.limit = 3;
  EXPECT_EQ(load_masks({mask_of(shard, "mask.h5")}, *open_dataset({shard}, three), 16).size(), 3u);
}

TEST_F(MaskSourceTest, BadRatioIsRefusedBeforeAnyWork) {
  const auto dataset = open_dataset({write_shard("train.h5")});
  MaskSourceOptions options;
  options.masking.mask_ratio = 1.0;
  EXPECT_THROW(MaskSource(options, {}, *dataset, Size2d{4, 4}), UsageError);
}

TEST(GroupByHidden, EqualCountsTogetherInRisingNumber) {
  const MaskList masks = {{1, 1, 0}, {0, 0, 0}, {0, 1, 1}, {0, 1, 0}};
  const std::vector<std::vector<int64_t>> expected = {{1}, {3}, {0, 2}};
  EXPECT_EQ(group_by_hidden(masks), expected);
}

}  // namespace
}  // namespace mae
