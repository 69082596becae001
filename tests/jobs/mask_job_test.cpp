#include "mae/jobs/mask_job.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/masking/mask_strategy.h"
#include "tiny_world.h"

namespace mae {
namespace {

class MaskJobTest : public TinyWorld {
 protected:
  MaskReport run(const MaskJob& job) {
    Progress silent;
    return run_mask_job(job, silent);
  }
  MaskJob job(const std::string& input, const std::string& output) {
    MaskJob job;
    job.inputs = {input};
    job.output.path = path(output);
    job.seed = 7;
    return job;
  }
};

TEST_F(MaskJobTest, DrawsWhatPretrainingDrawsInEpochZero) {
  const MaskReport report = run(job(write_shard("train.h5"), "mask.h5"));
  EXPECT_EQ(report.files, 1);
  EXPECT_EQ(report.samples, 5);
  EXPECT_EQ(report.patches, 16);
  EXPECT_EQ(report.visible, 4);
  const ShardReader mask(path("mask.h5"));
  const auto names = mask.read_text("names");
  for (int64_t i = 0; i < 5; ++i) {
    RandomStream random(7, "mask", 0, sample_id(names[static_cast<size_t>(i)]));
    EXPECT_EQ(mask.read<uint8_t>("mask", i, 1), draw_mask({}, Size2d{4, 4}, random)) << i;
  }
}

TEST_F(MaskJobTest, DescribesItself) {
  const std::string shard = write_shard("train.h5");
  run(job(shard, "mask.h5"));
  const ShardReader mask(path("mask.h5")), patches(shard);
  const auto& attributes = mask.info("mask").attributes;
  EXPECT_EQ(attributes["strategy"], "random");
  EXPECT_EQ(attributes["mask_ratio"], 0.75);
  EXPECT_EQ(attributes["seed"], 7);
  EXPECT_EQ(attributes["grid"], nlohmann::json({4, 4}));
  EXPECT_EQ(attributes["patches_digest"], patches.digest());
  EXPECT_EQ(mask.read_text("names"), patches.read_text("names"));
  EXPECT_EQ(mask.read_text("class_names"), patches.read_text("class_names"));
  EXPECT_EQ(mask.read<int64_t>("labels", 0, 5), patches.read<int64_t>("labels", 0, 5));
  EXPECT_FALSE(mask.has("patches"));
  EXPECT_EQ(mask.provenance()["inputs"][0]["digest"], patches.digest());
  EXPECT_EQ(mask.provenance()["parents"][0]["program"], "mae-patchify");
}

TEST_F(MaskJobTest, PassesPatchesOnUnchanged) {
  const std::string shard = write_shard("train.h5");
  MaskJob with = job(shard, "both.h5");
  with.with_patches = true;
  run(with);
  const ShardReader both(path("both.h5")), patches(shard);
  EXPECT_EQ(both.read<uint8_t>("patches", 0, 5), patches.read<uint8_t>("patches", 0, 5));
  EXPECT_EQ(both.info("patches").attributes, patches.info("patches").attributes);
  EXPECT_FALSE(both.info("mask").attributes.contains("patches_digest"));

  MaskJob again = job(path("both.h5"), "again.h5");  // a second mask takes the place of the first
  again.with_patches = true;
  again.seed = 8;
  run(again);
  EXPECT_NE(ShardReader(path("again.h5")).read<uint8_t>("mask", 0, 5),
            both.read<uint8_t>("mask", 0, 5));
}

TEST_F(MaskJobTest, SameSeedSameBytes) {
  const std::string shard = write_shard("train.h5");
  run(job(shard, "a.h5"));
  run(job(shard, "b.h5"));
  EXPECT_EQ(read_file(path("a.h5")), read_file(path("b.h5")));
}

TEST_F(MaskJobTest, IfChangedLeavesAFinishedFileAlone) {
  MaskJob again = job(write_shard("train.h5"), "mask.h5");
  again.output.if_changed = true;
  EXPECT_EQ(run(again).files, 1);
  EXPECT_EQ(run(again).files, 0);
  TinyShard other;
  other.prefix = "dog/";
  write_shard("train.h5", other);
  EXPECT_EQ(run(again).files, 1);
}

TEST_F(MaskJobTest, SeveralShardsGoIntoAFolder) {
  TinyShard dogs;
  dogs.prefix = "dog/";
  MaskJob two = job(write_shard("a.h5"), "masks/");
  two.inputs.push_back(write_shard("b.h5", dogs));
  EXPECT_EQ(run(two).files, 2);
  EXPECT_EQ(ShardReader(path("masks/b.h5")).read_text("names")[0], "dog/0.png");
  two.output.path = path("one.h5");
  run(two);  // a folder of that name
  EXPECT_TRUE(std::filesystem::exists(path("one.h5/a.h5")));
  two.output.path = "-";
  EXPECT_THROW(run(two), UsageError);
}

TEST_F(MaskJobTest, RegionIsTheSameForEverySample) {
  write_file_atomically(path("list.txt"), "0-2\n");
  MaskJob listed = job(write_shard("train.h5"), "mask.h5");
  listed.from_list = path("list.txt");
  EXPECT_THROW(run(listed), UsageError);  // random masks and a region
  listed.strategy = "file";
  EXPECT_EQ(run(listed).visible, 13);
  const ShardReader mask(path("mask.h5"));
  const auto rows = mask.read<uint8_t>("mask", 0, 5);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), 1), 15);
  EXPECT_TRUE(std::equal(rows.begin(), rows.begin() + 16, rows.begin() + 64));
  EXPECT_EQ(mask.info("mask").attributes["mask_ratio"], 3.0 / 16.0);
  EXPECT_EQ(mask.provenance()["inputs"][1]["name"], path("list.txt"));
}

TEST_F(MaskJobTest, RefusesWhatCannotWork) {
  const std::string shard = write_shard("train.h5");
  MaskJob onto_itself = job(shard, "train.h5");
  EXPECT_THROW(run(onto_itself), UsageError);
  MaskJob no_region = job(shard, "mask.h5");
  no_region.strategy = "file";
  EXPECT_THROW(run(no_region), UsageError);
  MaskJob unknown = job(shard, "mask.h5");
  unknown.strategy = "stripes";
  EXPECT_THROW(run(unknown), UsageError);
  run(job(shard, "mask.h5"));
  EXPECT_THROW(run(job(path("mask.h5"), "mask2.h5")), DataError);  // no patches in there
  EXPECT_FALSE(std::filesystem::exists(path("mask2.h5")));
}

TEST_F(MaskJobTest, DryRunWritesNothing) {
  MaskJob dry = job(write_shard("train.h5"), "mask.h5");
  dry.output.dry_run = true;
  EXPECT_EQ(run(dry).samples, 5);
  EXPECT_FALSE(std::filesystem::exists(path("mask.h5")));
}

}  // namespace
}  // namespace mae
