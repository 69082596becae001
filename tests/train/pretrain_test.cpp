// The training loop: what it computes, what it logs, what it refuses.
#include "mae/train/pretrain.h"

#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "train/pretrain_world.h"

namespace mae {
namespace {

using test::log_of;
using test::MemoryDataset;
using test::PretrainWorld;
using test::tiny_recipe;

TEST(PretrainPlan, CountsBatchesAndSteps) {
  PretrainOptions options = tiny_recipe();
  options.accum_iter = 2;
  options.lr = 0;
  options.blr = 0.1;
  const PretrainPlan plan = plan_pretraining(options, 23);
  EXPECT_EQ(plan.batches_per_epoch, 5);
  EXPECT_EQ(plan.steps_per_epoch, 2);
  EXPECT_EQ(plan.steps, 6);
  EXPECT_DOUBLE_EQ(plan.schedule.lr, 0.1 * 8 / 256);
  EXPECT_EQ(plan_pretraining(tiny_recipe(), 3).batch_size, 3) << "cut to the data";
  options.accum_iter = 6;
  EXPECT_THROW(plan_pretraining(options, 23), UsageError);
  options = tiny_recipe();
  options.adamw.beta2 = 1;
  EXPECT_THROW(plan_pretraining(options, 23), UsageError);
}

TEST(Pretrain, Learns) {
  const TemporaryFolder folder;
  PretrainWorld world;
  PretrainOptions options = tiny_recipe();
  options.epochs = 25;
  options.warmup_epochs = 2;
  options.lr = 5e-3;
  const PretrainReport report = world.run(folder / "run", options);
  const auto log = log_of(folder / "run");
  ASSERT_EQ(log.size(), 25u);
  EXPECT_LT(report.train_loss, 0.7 * log[0]["train_loss"].get<double>());
  EXPECT_EQ(report.steps, 100);
  EXPECT_EQ(report.epochs, 25);
  EXPECT_TRUE(std::isnan(report.val_loss));
  EXPECT_GT(report.images_per_second, 0);
}

TEST(Pretrain, LogsMeansAsPublished) {
  const TemporaryFolder folder;
  PretrainWorld world;
  const PretrainOptions options = tiny_recipe();
  world.run(folder / "run", options);
  const LrSchedule schedule = plan_pretraining(options, 18).schedule;
  const auto log = log_of(folder / "run");
  ASSERT_EQ(log.size(), 3u);
  for (int epoch = 0; epoch < 3; ++epoch) {
    double lr_sum = 0;
    for (int i = 0; i < 4; ++i) lr_sum += lr_at(schedule, epoch + i / 4.0);
    const auto& line = log[static_cast<size_t>(epoch)];
    EXPECT_EQ(line["epoch"], epoch);
    EXPECT_EQ(line["step"], 4 * (epoch + 1));
    EXPECT_DOUBLE_EQ(line["train_lr"].get<double>(), lr_sum / 4);
  }
}

TEST(Pretrain, AccumulationEqualsALargeBatch) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.dtype = "float64";
  options.adamw.fused = false;
  options.batch_size = 8;
  PretrainWorld large, small;
  large.train = small.train = std::make_shared<MemoryDataset>(16, Size2d{20, 24});
  large.run(folder / "large", options);
  options.batch_size = 4;
  options.accum_iter = 2;
  small.run(folder / "small", options);
  double largest = 0;
  const StateDict expected = state_dict(*large.model);
  for (const auto& [name, tensor] : state_dict(*small.model))
    largest = std::max(largest, (tensor - expected.at(name)).abs().max().item<double>());
  EXPECT_LT(largest, 1e-12);
}

TEST(Pretrain, DiscardsAnIncompleteAccumulationGroup) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.epochs = 1;
  options.warmup_epochs = 0;
  options.batch_size = 3;
  options.accum_iter = 4;
  PretrainWorld six;  // 18 samples: six micro-batches, one step
  const PretrainReport report = six.run(folder / "six", options);
  EXPECT_EQ(report.steps, 1);
  for (const Tensor& parameter : six.model->parameters())
    EXPECT_FALSE(parameter.grad().defined()) << "no gradient is carried into the next epoch";
}

TEST(Pretrain, ValidationIsAMeanOverSamplesWithFixedMasks) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.lr = 0;
  options.blr = 0;  // the weights stay
  PretrainWorld world;
  world.validation = std::make_shared<MemoryDataset>(11, Size2d{16, 16}, 3, /*seed=*/2);
  world.run(folder / "four", options);
  options.batch_size = 9;
  world.run(folder / "nine", options);
  const auto four = log_of(folder / "four"), nine = log_of(folder / "nine");
  ASSERT_EQ(four.size(), 3u);
  const double loss = four[0]["val_loss"].get<double>();
  EXPECT_EQ(four[2]["val_loss"].get<double>(), loss) << "the same masks after every epoch";
  EXPECT_NEAR(nine[0]["val_loss"].get<double>(), loss, 1e-6 * loss);
  EXPECT_NE(four[0]["train_loss"], four[1]["train_loss"]) << "fresh masks and crops";
}

TEST(Pretrain, KeepsTheBestCheckpoint) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.epochs = 6;
  options.lr = 0.05;  // too large: the loss goes up and down
  PretrainWorld world;
  world.validation = std::make_shared<MemoryDataset>(8, Size2d{16, 16}, 3, /*seed=*/2);
  world.run(folder / "run", options);
  double best = 1e9;
  for (const auto& line : log_of(folder / "run"))
    best = std::min(best, line["val_loss"].get<double>());
  const Checkpoint checkpoint = read_checkpoint_header(folder / "run/best.safetensors");
  EXPECT_EQ(checkpoint.extra["val_loss"].get<double>(), best);
}

/// What a real probe does to the model: evaluation and a pass of the encoder.
EncoderProbe counting_probe(int* calls) {
  return [calls](MaskedModel& model, const Placement&) {
    EXPECT_FALSE(model.is_training());
    EXPECT_FALSE(c10::GradMode::is_enabled());
    model.encode(at::ones({2, 3, 16, 16}));
    return 10.0 * ++*calls;
  };
}

TEST(Pretrain, ProbesEveryNEpochsAndAtTheEnd) {
  const TemporaryFolder folder;
  PretrainWorld world;
  int calls = 0;
  world.probe = counting_probe(&calls);
  PretrainOptions options = tiny_recipe();
  options.epochs = 5;
  options.probe_every = 2;
  EXPECT_EQ(world.run(folder / "run", options).probe_top1, 30);
  const auto log = log_of(folder / "run");
  ASSERT_EQ(log.size(), 5u);
  EXPECT_FALSE(log[0].contains("probe_top1"));
  EXPECT_EQ(log[1]["probe_top1"], 10);
  EXPECT_FALSE(log[2].contains("probe_top1"));
  EXPECT_EQ(log[3]["probe_top1"], 20);
  EXPECT_EQ(log[4]["probe_top1"], 30) << "the end";
  std::string events;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run"))
    if (entry.path().filename().string().find("tfevents") != std::string::npos)
      events = bytes_of(entry.path().string());
  EXPECT_NE(events.find("probe_top1"), std::string::npos);
  options.probe_every = 0;
  EXPECT_TRUE(std::isnan(world.run(folder / "none", options).probe_top1));
  EXPECT_EQ(calls, 3);
  options.probe_every = -1;
  EXPECT_THROW(world.run(folder / "bad", options), UsageError);
}

TEST(Pretrain, AProbeChangesNoBit) {
  const TemporaryFolder folder;
  PretrainWorld world;
  world.validation = std::make_shared<MemoryDataset>(6, Size2d{16, 16}, 3, /*seed=*/2);
  PretrainOptions options = tiny_recipe();
  world.run(folder / "without", options);
  int calls = 0;
  world.probe = counting_probe(&calls);
  options.probe_every = 1;
  world.run(folder / "with", options);
  EXPECT_EQ(calls, 3);
  for (const char* file : {"/checkpoint.safetensors", "/state.safetensors", "/best.safetensors"})
    EXPECT_TRUE(bytes_of((folder / "without") + file) == bytes_of((folder / "with") + file))
        << file;
}

TEST(Pretrain, FixedMasksAreTheSameInEveryEpoch) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.lr = 0;
  options.blr = 0;
  options.augment.augment = Augment::kNone;
  PretrainWorld world;
  world.train = std::make_shared<MemoryDataset>(8, Size2d{16, 16});
  std::vector<std::vector<uint8_t>> masks(8, std::vector<uint8_t>(16, 1));
  for (size_t i = 0; i < masks.size(); ++i) masks[i][i] = masks[i][i + 1] = 0;
  world.masks = &masks;
  world.run(folder / "run", options);
  const auto log = log_of(folder / "run");
  EXPECT_NEAR(log[0]["train_loss"].get<double>(), log[2]["train_loss"].get<double>(), 1e-6);
  masks[3][9] = 0;
  EXPECT_THROW(world.run(folder / "unequal", options), UsageError);
  for (auto& mask : masks) mask.assign(16, 1);
  EXPECT_THROW(world.run(folder / "everything", options), UsageError);
  masks.pop_back();
  EXPECT_THROW(world.run(folder / "count", options), UsageError);
  masks.emplace_back(9, uint8_t{1});
  EXPECT_THROW(world.run(folder / "patches", options), UsageError);
}

TEST(Pretrain, StopsBeforeNumbersThatAreNotFinite) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.warmup_epochs = 0;
  options.lr = 1e30;
  PretrainWorld world;
  try {
    world.run(folder / "run", options);
    FAIL() << "weights of 1e30 gave a finite loss";
  } catch (const NumericError& error) {
    EXPECT_EQ(error.exit_code(), 5);
    EXPECT_NE(error.line().find("epoch 1, step 2"), std::string::npos) << error.line();
    EXPECT_NE(error.line().find("class/"), std::string::npos) << error.line();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run/checkpoint.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/state.safetensors"));
}

TEST(Pretrain, NoEpochsSaveTheFreshModel) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.epochs = 0;
  PretrainWorld world;
  const PretrainReport report = world.run(folder / "run", options);
  EXPECT_EQ(report.steps, 0);
  Mae fresh(test::tiny_mae());
  fresh.initialize(options.seed);
  const Checkpoint checkpoint = read_checkpoint(folder / "run");
  for (const auto& [name, tensor] : state_dict(fresh))
    EXPECT_TRUE(tensor.equal(checkpoint.tensors.at(name))) << name;
}

TEST(Pretrain, RefusesToHideNothing) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.masking.mask_ratio = 0;
  EXPECT_THROW(PretrainWorld().run(folder / "run", options), UsageError);
}

TEST(Pretrain, Bfloat16KeepsWeightsInFloat32) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  PretrainWorld world;
  const PretrainReport exact = world.run(folder / "float32", options);
  options.dtype = "bfloat16";
  const PretrainReport rough = world.run(folder / "bfloat16", options);
  EXPECT_NE(rough.train_loss, exact.train_loss);
  EXPECT_NEAR(rough.train_loss, exact.train_loss, 0.02 * exact.train_loss);
  const Checkpoint checkpoint = read_checkpoint(folder / "bfloat16");
  EXPECT_EQ(checkpoint.tensors.at("blocks.0.attn.qkv.weight").scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace mae
