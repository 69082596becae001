// Steps that are not finite in a training run: left out, gone back over, and in the end the end.
#include <ATen/ops/sqrt.h>

#include <set>

#include "mae/base/log.h"
#include "train/spoilt_mae.h"

namespace mae {
namespace {

using test::expect_equal_runs;
using test::kNan;
using test::log_of;
using test::SomeWhite;
using test::spoil_white;
using test::SpoiltMae;
using test::tiny_recipe;

struct Spoilt {
  std::shared_ptr<SampleDataset> train = std::make_shared<SomeWhite>(std::set<int64_t>{});
  SpoiltMae::Spoil spoil = spoil_white;
  std::vector<std::string> warnings;

  PretrainReport run(const std::string& path, const PretrainOptions& options, bool resume = false) {
    SpoiltMae model(spoil);
    model.initialize(options.seed);
    Checkpoint description;
    description.preprocessing.image_size = {16, 16};
    description.preprocessing.mean = train->pixel_stats().mean;
    description.preprocessing.std = train->pixel_stats().std;
    RunDirectory folder(path, resume);
    Progress silent;
    warnings.clear();
    set_log_sink([this](LogLevel level, const std::string& line) {
      if (level == LogLevel::kWarning) warnings.push_back(line);
    });
    struct Restore {
      ~Restore() { set_log_sink({}); }
    } restore;
    PretrainData data;
    data.train = train;
    return pretrain(model, data, options, description, folder, silent);
  }
};

StateDict weights_and_moments(const std::string& run) {
  return read_checkpoint(run + "/state.safetensors").tensors;
}

bool equal(const StateDict& a, const StateDict& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a)
    if (!tensor.equal(b.at(name))) return false;
  return true;
}

TEST(NanSteps, ABadStepChangesNoBit) {
  const TemporaryFolder folder;
  Spoilt world;
  world.train = std::make_shared<SomeWhite>(std::set<int64_t>{7});
  PretrainOptions options = tiny_recipe();
  options.epochs = 1;
  options.warmup_epochs = 0;
  StateDict before;
  int64_t unchanged = 0, skipped = 0;
  for (int64_t stop = 1; stop <= 4; ++stop) {  // 18 samples, batches of 4
    options.max_steps = stop;
    const std::string run = folder / std::to_string(stop);
    const PretrainReport report = world.run(run, options);
    EXPECT_EQ(report.steps, stop);
    const StateDict after = weights_and_moments(run);
    if (report.skipped_steps > skipped) {
      skipped = report.skipped_steps;
      ++unchanged;
      ASSERT_EQ(world.warnings.size(), 1u);
      const std::string expected =
          "left out: the loss of class/7.png is not finite in epoch 1, step " +
          std::to_string(stop) + " (batch " + std::to_string(stop);
      EXPECT_EQ(world.warnings[0].rfind(expected, 0), 0u) << world.warnings[0];
      if (stop > 1) {
        EXPECT_TRUE(equal(before, after));
      }
    } else if (stop > 1) {
      EXPECT_FALSE(equal(before, after));
    }
    before = after;
  }
  // An epoch takes 16 of the 18 samples; with this seed the white one is among them.
  EXPECT_EQ(unchanged, 1);
}

TEST(NanSteps, ARunWithThemResumesExactlyWhereverItStops) {
  const TemporaryFolder folder;
  Spoilt world;
  world.train = std::make_shared<SomeWhite>(std::set<int64_t>{2, 7, 11});
  PretrainOptions options = tiny_recipe();
  options.batch_size = 3;
  options.accum_iter = 2;  // three steps an epoch, nine in all
  options.nan_skips = 20;
  const PretrainReport whole = world.run(folder / "whole", options);
  EXPECT_GT(whole.skipped_steps, 2);
  EXPECT_LT(whole.skipped_steps, 9);
  for (int64_t stop = 1; stop < 9; ++stop) {
    const std::string run = folder / std::to_string(stop);
    PretrainOptions part = options;
    part.max_steps = stop;
    world.run(run, part);
    EXPECT_EQ(world.run(run, options, /*resume=*/true).skipped_steps, whole.skipped_steps);
    expect_equal_runs(folder / "whole", run);
  }
}

/// Not a number in these passes.
SpoiltMae::Spoil spoil_passes(int64_t first, int64_t last) {
  return [=](const Tensor& loss, const Tensor&, int64_t pass) {
    return pass >= first && pass <= last ? loss * kNan : loss;
  };
}

TEST(NanSteps, AStreakIsGoneBackOverOnce) {
  const TemporaryFolder folder;
  Spoilt world;
  world.spoil = spoil_passes(7, 9);  // steps 8 to 10 of twelve; an epoch has four
  const PretrainReport report = world.run(folder / "run", tiny_recipe());
  EXPECT_EQ(report.steps, 12);
  EXPECT_EQ(report.epochs, 3);
  EXPECT_EQ(report.skipped_steps, 6);  // the three that failed, and three before
  ASSERT_EQ(world.warnings.size(), 4u);
  EXPECT_NE(world.warnings[0].find(" is not finite in epoch 2, step 8 (batch 4"), std::string::npos)
      << world.warnings[0];
  EXPECT_EQ(world.warnings[3], "going back to step 4; steps 5 to 10 will be left out this time");
  EXPECT_EQ(log_of(folder / "run").size(), 3u);
  const nlohmann::json guard =
      read_checkpoint_header(folder / "run/state.safetensors").extra["position"]["meters"]["guard"];
  EXPECT_EQ(guard["first_left_out"], 4);
  EXPECT_EQ(guard["last_left_out"], 9);
}

TEST(NanSteps, ThenItIsTheEndAndTheLastGoodSaveStays) {
  const TemporaryFolder folder;
  Spoilt world;
  world.spoil = spoil_passes(7, 1000);
  PretrainOptions options = tiny_recipe();
  options.epochs = 4;
  try {
    world.run(folder / "run", options);
    FAIL();
  } catch (const NumericError& error) {
    EXPECT_EQ(error.exit_code(), 5);
    EXPECT_NE(error.line().find("epoch 3, step 11"), std::string::npos) << error.line();
  }
  Spoilt healthy;
  options.max_steps = 4;
  healthy.run(folder / "four", options);
  EXPECT_TRUE(equal(weights_and_moments(folder / "run"), weights_and_moments(folder / "four")));
  // Steps 5 to 10 were left out then, and the second epoch saved on the way.
  EXPECT_EQ(read_checkpoint_header(folder / "run").extra["step"], 8);
}

TEST(NanSteps, WithoutASaveThereIsNothingToGoBackTo) {
  const TemporaryFolder folder;
  Spoilt world;
  world.spoil = spoil_passes(1, 1000);
  try {
    world.run(folder / "run", tiny_recipe());
    FAIL();
  } catch (const NumericError& error) {
    EXPECT_NE(error.line().find("no save to go back to"), std::string::npos) << error.line();
    EXPECT_NE(error.line().find("epoch 1, step 2"), std::string::npos) << error.line();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "run/state.safetensors"));
  PretrainOptions strict = tiny_recipe();
  strict.nan_skips = 0;
  EXPECT_THROW(world.run(folder / "strict", strict), NumericError);
  EXPECT_TRUE(world.warnings.empty());
}

TEST(NanSteps, ABadGradientIsNamedByItsParameter) {
  const TemporaryFolder folder;
  Spoilt world;
  world.spoil = [](const Tensor& loss, const Tensor&, int64_t pass) {
    // The root of zero: finite itself, with a gradient that is not.
    return pass == 2 ? loss + (loss * 0.0).sqrt() : loss;
  };
  PretrainOptions options = tiny_recipe();
  options.epochs = 1;
  std::vector<std::string> warnings;
  for (const double clip_grad : {0.0, 1e-3}) {
    options.clip_grad = clip_grad;
    EXPECT_EQ(world.run(folder / std::to_string(clip_grad), options).skipped_steps, 1);
    ASSERT_EQ(world.warnings.size(), 1u);
    EXPECT_EQ(world.warnings[0].rfind("left out: the gradient of ", 0), 0u) << world.warnings[0];
    EXPECT_NE(world.warnings[0].find("is not finite in epoch 1, step 3"), std::string::npos);
    warnings.push_back(world.warnings[0]);
  }
  EXPECT_EQ(warnings[0], warnings[1]) << "clipping must not spoil other gradients";
}

}  // namespace
}  // namespace mae
