// The online probe against the offline one, its augmentation, and what is refused.
#include "mae/jobs/online_probe_job.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/jobs/encode_job.h"
#include "tiny_world.h"

namespace mae {
namespace {

class OnlineProbeTest : public TinyWorld {
 protected:
  ProbeJob tiny_job() {
    ProbeJob job;
    TinyShard train, test;
    train.samples = 150;
    test.samples = 30;
    test.prefix = "test/";
    job.train = {write_shard("train.h5", train)};
    job.test = {write_shard("test.h5", test)};
    job.linear.batch_size = 40;  // which the encoder's batches of 64 cut across
    job.linear.epochs = 4;
    job.linear.warmup_epochs = 1;
    job.linear.lr = 6.4;
    return job;
  }

  OnlineProbe plain(const std::string& pool = "cls") {
    OnlineProbe online;
    online.model = write_model("mae.safetensors", *tiny_model());
    online.augment.augment = Augment::kNone;
    online.pool = pool == "cls" ? Pool::kCls : Pool::kMean;
    return online;
  }

  static ProbeReport run(const ProbeJob& job, const OnlineProbe& online) {
    Progress silent;
    return run_online_probe(job, online, silent);
  }

  std::string encode(const std::string& shard, const OnlineProbe& online, const std::string& name) {
    EncodeJob job;
    job.inference.model = online.model;
    job.inference.inputs = {shard};
    job.features.pool = online.pool;
    job.output.path = path(name);
    Progress silent;
    run_encode_job(job, silent);
    return path(name);
  }

  StateDict classifier(const std::string& name) { return read_checkpoint(path(name)).tensors; }
};

TEST_F(OnlineProbeTest, WithoutAugmentationItIsTheOfflineProbe) {
  for (const std::string pool : {"cls", "mean"}) {
    ProbeJob online_job = tiny_job();
    const OnlineProbe online = plain(pool);
    ProbeJob offline_job = online_job;
    offline_job.train = {encode(online_job.train[0], online, pool + "-train.h5")};
    offline_job.test = {encode(online_job.test[0], online, pool + "-test.h5")};
    online_job.output.path = path(pool + "-online.safetensors");
    offline_job.output.path = path(pool + "-offline.safetensors");
    online_job.predictions = path(pool + "-online.tsv");
    offline_job.predictions = path(pool + "-offline.tsv");
    const ProbeReport learned = run(online_job, online);
    Progress silent;
    const ProbeReport expected = run_probe_job(offline_job, silent);
    EXPECT_EQ(learned.method, "online");
    EXPECT_EQ(learned.features, expected.features);
    EXPECT_EQ(learned.classes, 2);
    EXPECT_EQ(learned.rows.at(0).setting, expected.rows.at(0).setting);
    EXPECT_EQ(learned.rows.at(0).top1, expected.rows.at(0).top1);
    // Features of batches of other sizes may differ in the last bit.
    const StateDict ours = classifier(pool + "-online.safetensors");
    for (const auto& [name, tensor] : classifier(pool + "-offline.safetensors"))
      EXPECT_LT((ours.at(name) - tensor).abs().max().item<float>(), 1e-5F) << pool << " " << name;
    EXPECT_EQ(read_file(online_job.predictions).substr(0, 40),
              read_file(offline_job.predictions).substr(0, 40));
  }
}

TEST_F(OnlineProbeTest, AugmentsAndIsDeterministic) {
  ProbeJob job = tiny_job();
  OnlineProbe online = plain();
  const auto learned = [&](const std::string& name) {
    job.output.path = path(name);
    run(job, online);
    return classifier(name);
  };
  const StateDict without = learned("without.safetensors");
  online.augment = OnlineProbe{}.augment;
  const StateDict with = learned("with.safetensors");
  EXPECT_FALSE(with.at("1.weight").equal(without.at("1.weight")));
  job.threads = 2;
  EXPECT_LT(
      (learned("again.safetensors").at("1.weight") - with.at("1.weight")).abs().max().item<float>(),
      1e-5F);
  job.linear.seed = 1;
  EXPECT_FALSE(learned("seed.safetensors").at("1.weight").equal(with.at("1.weight")));
}

TEST_F(OnlineProbeTest, CropsAreSingleDraws) {
  const RandomCropOptions crop = OnlineProbe{}.augment.crop;
  EXPECT_FALSE(crop.retry);
  EXPECT_EQ(crop.min_scale, 0.08);
  EXPECT_EQ(crop.max_scale, 1);
}

TEST_F(OnlineProbeTest, SavedHeadKeepsItsReport) {
  ProbeJob job = tiny_job();
  const OnlineProbe online = plain();
  job.output.path = path("head.safetensors");
  job.output.if_changed = true;
  const ProbeReport first = run(job, online);
  const std::string bytes = read_file(job.output.path);
  const ProbeReport second = run(job, online);
  EXPECT_EQ(read_file(job.output.path), bytes);
  EXPECT_EQ(second.method, "online");
  EXPECT_EQ(second.rows.at(0).top1, first.rows.at(0).top1);
  const Checkpoint saved = read_checkpoint_header(job.output.path);
  EXPECT_EQ(saved.config.at("model"), "linear_probe");
  EXPECT_EQ(saved.extra.at("class_names"), (nlohmann::json{"cat", "dog"}));
}

TEST_F(OnlineProbeTest, DryRunWritesNothing) {
  ProbeJob job = tiny_job();
  job.output.path = path("head.safetensors");
  job.output.dry_run = true;
  const ProbeReport plan = run(job, plain());
  EXPECT_TRUE(plan.rows.empty());
  EXPECT_EQ(plan.train_samples, 150);
  EXPECT_FALSE(std::filesystem::exists(job.output.path));
}

TEST_F(OnlineProbeTest, RefusesWhatDoesNotFit) {
  const OnlineProbe online = plain();
  const ProbeJob good = tiny_job();
  ProbeJob job = good;
  job.method = "knn";
  EXPECT_THROW(run(job, online), UsageError);
  job = good;
  job.sweep = true;
  EXPECT_THROW(run(job, online), UsageError);
  job = good;
  job.few_shot.shots = {1};
  EXPECT_THROW(run(job, online), UsageError);
  job = good;
  job.test.clear();
  EXPECT_THROW(run(job, online), UsageError);
  job = good;
  job.output.path = path("head.h5");
  EXPECT_THROW(run(job, online), UsageError);
  OnlineProbe without = online;
  without.model = "";
  EXPECT_THROW(run(good, without), UsageError);

  TinyShard grey;
  grey.channels = 1;
  job = good;
  job.test = {write_shard("grey.h5", grey)};
  EXPECT_THROW(run(job, online), DataError);
  OnlineProbe adapting = online;
  adapting.channels_policy = "repeat";
  run(job, adapting);
  TinyShard larger;
  larger.grid = {5, 5};
  job.test = {write_shard("larger.h5", larger)};
  EXPECT_THROW(run(job, online), DataError) << "pictures of another size than in training";
}

}  // namespace
}  // namespace mae
