// mae-pretrain's job: where sizes, statistics and weights come from, what a run folder records,
// what is refused.
#include "mae/jobs/pretrain_job.h"

#include <gtest/gtest.h>

#include <fstream>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/jobs/mask_source.h"
#include "mae/models/size_json.h"
#include "mae/report/run_log.h"
#include "tiny_world.h"

namespace mae {
namespace {

class PretrainJobs : public TinyWorld {
 protected:
  PretrainJob tiny_job(const std::string& run) {
    PretrainJob job;
    job.inputs = {shard_};
    job.output.path = path(run);
    job.sizes.embed_dim = 16;
    job.sizes.depth = 1;
    job.sizes.num_heads = 2;
    job.sizes.decoder_embed_dim = 16;
    job.sizes.decoder_depth = 1;
    job.sizes.decoder_num_heads = 2;
    job.training.batch_size = 2;
    job.training.epochs = 2;
    job.training.warmup_epochs = 1;
    job.training.threads = 1;
    return job;
  }

  PretrainJobReport run(const PretrainJob& job) {
    Progress silent;
    return run_pretrain_job(job, silent);
  }

  std::string shard_ = write_shard("train.h5");
};

TEST_F(PretrainJobs, TakesSizesAndStatisticsFromTheShard) {
  const PretrainJobReport report = run(tiny_job("run"));
  EXPECT_EQ(report.training.epochs, 2);
  EXPECT_EQ(report.training.steps, 4);  // five samples: two batches an epoch
  EXPECT_EQ(report.samples, 5);
  EXPECT_EQ(report.checkpoint, path("run") + "/checkpoint.safetensors");
  const Checkpoint checkpoint = read_checkpoint(path("run"));
  EXPECT_EQ(checkpoint.config["img_size"].get<Size2d>(), (Size2d{16, 16}));
  EXPECT_EQ(checkpoint.config["patch_size"].get<Size2d>(), (Size2d{4, 4}));
  EXPECT_EQ(checkpoint.config["embed_dim"], 16);
  EXPECT_EQ(checkpoint.preprocessing.mean, (std::vector<double>{0.5, 0.4, 0.3}));
  EXPECT_EQ(checkpoint.preprocessing.image_size, (Size2d{16, 16}));
  EXPECT_EQ(checkpoint.extra["step"], 4);
  ASSERT_EQ(checkpoint.provenance["inputs"].size(), 1u);
  EXPECT_EQ(checkpoint.provenance["inputs"][0]["name"], shard_);
  EXPECT_EQ(checkpoint.provenance["parents"][0]["program"], "mae-patchify");
  EXPECT_EQ(load_masked_model(checkpoint, "run")->grid(), (Size2d{4, 4}));
}

TEST_F(PretrainJobs, GivenSizesAndStatisticsAreStronger) {
  PretrainJob job = tiny_job("run");
  job.sizes.img_size = {8, 8};
  job.sizes.patch_size = {2, 2};
  job.sizes.norm_pix_loss = job.sizes.norm_pix_loss_given = true;
  job.mean = {0.1, 0.1, 0.1};
  job.std = {0.9, 0.9, 0.9};
  run(job);
  const Checkpoint checkpoint = read_checkpoint_header(path("run"));
  EXPECT_EQ(checkpoint.config["img_size"].get<Size2d>(), (Size2d{8, 8}));
  EXPECT_EQ(checkpoint.config["patch_size"].get<Size2d>(), (Size2d{2, 2}));
  EXPECT_EQ(checkpoint.config["norm_pix_loss"], true);
  EXPECT_EQ(checkpoint.preprocessing.std[2], 0.9);
}

TEST_F(PretrainJobs, DryRunCountsAndWritesNothing) {
  PretrainJob job = tiny_job("run");
  job.output.dry_run = true;
  job.training.accum_iter = 2;
  const PretrainJobReport report = run(job);
  EXPECT_FALSE(std::filesystem::exists(path("run")));
  EXPECT_EQ(report.plan.steps, 2);
  EXPECT_DOUBLE_EQ(report.plan.schedule.lr, 1.5e-4 * 4 / 256);
  EXPECT_GT(report.parameters, 1000);
  EXPECT_GT(report.memory_bytes, 16 * report.parameters);
  EXPECT_EQ(report.checkpoint, "");
}

TEST_F(PretrainJobs, StartsFromACheckpoint) {
  PretrainJob first = tiny_job("first");
  first.training.epochs = 1;
  run(first);
  PretrainJob second = tiny_job("second");
  second.model = path("first");
  second.sizes = {};
  second.training.epochs = 0;
  run(second);
  const Checkpoint a = read_checkpoint(path("first")), b = read_checkpoint(path("second"));
  for (const auto& [name, tensor] : a.tensors)
    EXPECT_TRUE(tensor.equal(b.tensors.at(name))) << name;
  EXPECT_EQ(b.provenance["inputs"].size(), 2u) << "shard and checkpoint";
  EXPECT_EQ(b.provenance["parents"].size(), 2u);

  second.output.path = path("larger");
  second.sizes.img_size = {24, 24};
  run(second);
  const Checkpoint larger = read_checkpoint(path("larger"));
  EXPECT_EQ(larger.tensors.at("pos_embed").size(1), 37);
  EXPECT_EQ(larger.preprocessing.image_size, (Size2d{24, 24}));

  second.sizes.depth = 3;
  EXPECT_THROW(run(second), UsageError);
}

TEST_F(PretrainJobs, RefusesAnEncoderWithoutDecoder) {
  MaeOptions options = tiny_options();
  options.decoder_embed_dim = 0;
  PretrainJob job = tiny_job("run");
  job.model = write_model("encoder.safetensors", *tiny_model(options));
  job.sizes = {};
  EXPECT_THROW(run(job), DataError);
}

TEST_F(PretrainJobs, RefusesDataThatDoNotFit) {
  TinyShard grey;
  grey.channels = 1;
  PretrainJob job = tiny_job("run");
  job.sizes.in_chans = 3;
  job.inputs = {write_shard("grey.h5", grey)};
  EXPECT_THROW(run(job), DataError);
  job = tiny_job("run");
  job.validation = {path("grey.h5")};
  EXPECT_THROW(run(job), DataError);
  job = tiny_job("run");
  job.mean = {0.5};
  EXPECT_THROW(run(job), UsageError);
  job = tiny_job("run");
  job.sizes.img_size = {10, 10};
  EXPECT_THROW(run(job), UsageError);
  EXPECT_FALSE(std::filesystem::exists(path("run") + "/checkpoint.safetensors"));
}

TEST_F(PretrainJobs, ResumeAndIfChangedLeaveAFinishedRunAlone) {
  PretrainJob job = tiny_job("run");
  run(job);
  EXPECT_THROW(run(job), UsageError) << "the folder holds a run";
  job.output.if_changed = true;
  EXPECT_EQ(run(job).training.images_per_second, 0);
  job.output.if_changed = false;
  job.resume = true;
  const PretrainJobReport report = run(job);
  EXPECT_EQ(report.training.steps, 4);
  EXPECT_EQ(report.training.images_per_second, 0);
  TinyShard more;
  more.samples = 6;
  write_shard("train.h5", more);
  EXPECT_THROW(run(job), UsageError) << "the data are others";
}

TEST_F(PretrainJobs, ResumeSeesOtherDataOfTheSameSize) {
  PretrainJob job = tiny_job("run");
  job.training.max_steps = 1;
  run(job);
  TinyShard other;
  other.prefix = "dog/";
  write_shard("train.h5", other);
  job.resume = true;
  EXPECT_THROW(run(job), UsageError);
}

TEST_F(PretrainJobs, ValidatesAfterEachEpoch) {
  PretrainJob job = tiny_job("run");
  TinyShard other;
  other.prefix = "val/";
  job.validation = {write_shard("val.h5", other)};
  const PretrainJobReport report = run(job);
  EXPECT_EQ(report.validation_samples, 5);
  EXPECT_GT(report.training.val_loss, 0);
  EXPECT_TRUE(std::filesystem::exists(path("run") + "/best.safetensors"));
  EXPECT_EQ(read_checkpoint_header(path("run")).provenance["inputs"].size(), 2u);
}

TEST_F(PretrainJobs, AProbeIsLoggedAndChangesNoBit) {
  PretrainJob job = tiny_job("without");
  TinyShard other;
  other.prefix = "val/";
  job.validation = {write_shard("val.h5", other)};
  run(job);
  job.output.path = path("with");
  job.training.probe_every = 1;
  const PretrainJobReport report = run(job);
  EXPECT_GE(report.training.probe_top1, 0);
  EXPECT_LE(report.training.probe_top1, 100);
  const auto log = read_run_log(path("with") + "/log.jsonl");
  ASSERT_EQ(log.size(), 2u);
  for (const auto& line : log) EXPECT_TRUE(line.contains("probe_top1"));
  EXPECT_EQ(log[1]["probe_top1"], report.training.probe_top1);
  for (const char* file : {"/checkpoint.safetensors", "/best.safetensors"})
    EXPECT_EQ(read_file(path("without") + file), read_file(path("with") + file)) << file;
}

TEST_F(PretrainJobs, AProbeNeedsValidation) {
  PretrainJob job = tiny_job("run");
  job.training.probe_every = 1;
  job.output.dry_run = true;
  try {
    run(job);
    FAIL() << "expected UsageError";
  } catch (const UsageError& error) {
    EXPECT_NE(error.line().find("--probe-every"), std::string::npos) << error.line();
  }
}

TEST_F(PretrainJobs, UsesMasksOfAFile) {
  DatasetSpec mask, names;
  mask.name = "mask";
  mask.sample_shape = {16};
  mask.dimensions = {"patch"};
  names.name = "names";
  names.is_text = true;
  ShardWriter writer(path("masks.h5"), 5, {mask, names});
  for (int i = 0; i < 5; ++i) {
    std::vector<uint8_t> values(16, 1);
    values[static_cast<size_t>(i)] = values[15] = 0;
    writer.append("mask", values.data(), 1);
    writer.append_text("names", {"cat/" + std::to_string(i) + ".png"});
  }
  Provenance provenance;
  provenance.program = "mae-mask";
  writer.commit(provenance);
  PretrainJob job = tiny_job("run");
  job.masks = path("masks.h5");
  run(job);
  EXPECT_EQ(read_checkpoint_header(path("run")).provenance["inputs"].size(), 2u);
  job = tiny_job("other");
  job.masks = path("masks.h5");
  job.sizes.patch_size = {2, 2};
  EXPECT_THROW(run(job), DataError);
}

}  // namespace
}  // namespace mae
