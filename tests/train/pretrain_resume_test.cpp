// Interrupted and resumed runs equal uninterrupted ones to the byte, wherever they stop.
#include <gtest/gtest.h>
#include <signal.h>

#include "mae/base/interrupt.h"
#include "mae/models/fast_conv_mae.h"
#include "train/pretrain_world.h"

namespace mae {
namespace {

using test::expect_equal_runs;
using test::log_of;
using test::MemoryDataset;
using test::PretrainWorld;
using test::tiny_recipe;

PretrainWorld world_with_validation() {
  PretrainWorld world;
  world.validation = std::make_shared<MemoryDataset>(6, Size2d{16, 16}, 3, /*seed=*/2);
  return world;
}

TEST(PretrainResume, EqualsAnUninterruptedRunWhereverItStops) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.batch_size = 3;
  options.accum_iter = 2;  // 18 samples: three steps an epoch, nine in all
  PretrainWorld world = world_with_validation();
  world.run(folder / "whole", options);
  for (int64_t stop = 1; stop < 9; ++stop) {
    const std::string run = folder / ("stop" + std::to_string(stop));
    PretrainOptions part = options;
    part.max_steps = stop;
    EXPECT_EQ(world.run(run, part).steps, stop);
    world.run(run, options, /*resume=*/true);
    const Checkpoint checkpoint = read_checkpoint_header(run);
    EXPECT_EQ(checkpoint.provenance["resumed"], false) << "provenance is the beginning's";
    expect_equal_runs(folder / "whole", run);
  }
}

TEST(PretrainResume, ManyStopsAndRareSavesChangeNothing) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  PretrainWorld world = world_with_validation();
  world.run(folder / "whole", options);
  options.save.every_epochs = 2;
  for (int64_t stop = 1; stop <= 12; ++stop) {
    options.max_steps = stop;
    world.run(folder / "often", options, stop > 1);
  }
  expect_equal_runs(folder / "whole", folder / "often");
}

TEST(PretrainResume, IncompleteGroupsAreDiscardedAlikeAfterAStop) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.batch_size = 2;
  options.accum_iter = 4;  // nine micro-batches: two steps and one left over
  PretrainWorld world;
  world.run(folder / "whole", options);
  for (int64_t stop = 1; stop < 6; ++stop) {
    const std::string run = folder / ("stop" + std::to_string(stop));
    PretrainOptions part = options;
    part.max_steps = stop;
    world.run(run, part);
    world.run(run, options, true);
    expect_equal_runs(folder / "whole", run);
  }
}

// FastConvMAE's teacher moves in every pass, so that its weights belong to what is saved.
TEST(PretrainResume, AMomentumTeacherGoesOnWhereItStood) {
  const TemporaryFolder folder;
  PretrainWorld world;
  world.make_model = [] {
    FastConvMaeOptions model;
    model.img_size = {32, 32};
    model.embed_dim = {8, 12, 24};
    model.depth = {1, 1, 1};
    model.num_heads = 2;
    model.decoder_embed_dim = 16;
    model.decoder_depth = 2;
    model.decoder_num_heads = 2;
    model.ema_reconstructor = true;
    model.private_decoder_depth = 1;
    model.ema_momentum = 0.9;
    return std::make_shared<FastConvMae>(model);
  };
  PretrainOptions options = tiny_recipe();
  options.batch_size = 3;
  options.accum_iter = 2;
  options.augment.img_size = {32, 32};
  options.masking = world.make_model()->default_masking();
  world.run(folder / "whole", options);
  for (const int64_t stop : {1, 4, 6}) {
    const std::string run = folder / ("stop" + std::to_string(stop));
    PretrainOptions part = options;
    part.max_steps = stop;
    world.run(run, part);
    world.run(run, options, /*resume=*/true);
    expect_equal_runs(folder / "whole", run);
  }
}

TEST(PretrainResume, LoaderThreadsChangeNoBit) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.loader_threads = 1;
  PretrainWorld world = world_with_validation();
  world.run(folder / "one", options);
  options.loader_threads = 3;
  world.run(folder / "three", options);
  expect_equal_runs(folder / "one", folder / "three");
}

TEST(PretrainResume, ComputeThreadsOfOneNumberRepeatThemselves) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.threads = 2;
  options.dtype = "bfloat16";
  PretrainWorld world;
  world.run(folder / "a", options);
  PretrainOptions part = options;
  part.max_steps = 5;
  world.run(folder / "b", part);
  world.run(folder / "b", options, true);
  expect_equal_runs(folder / "a", folder / "b");
}

TEST(PretrainResume, ProbesAreLoggedAsWithoutAStop) {
  const TemporaryFolder folder;
  PretrainWorld world = world_with_validation();
  world.probe = [](MaskedModel& model, const Placement&) {
    return model.parameters().front().sum().item<double>();
  };
  PretrainOptions options = tiny_recipe();
  options.probe_every = 2;
  world.run(folder / "whole", options);
  EXPECT_TRUE(log_of(folder / "whole")[1].contains("probe_top1"));
  for (int64_t stop = 3; stop < 12; stop += 4) {
    const std::string run = folder / ("stop" + std::to_string(stop));
    PretrainOptions part = options;
    part.max_steps = stop;
    world.run(run, part);
    world.run(run, options, /*resume=*/true);
    expect_equal_runs(folder / "whole", run);
  }
  options.probe_every = 1;  // it is no part of what was trained with
  EXPECT_EQ(world.run(folder / "whole", options, /*resume=*/true).steps, 12);
}

TEST(PretrainResume, AFinishedRunIsLeftAsItIs) {
  const TemporaryFolder folder;
  PretrainWorld world = world_with_validation();
  const PretrainReport first = world.run(folder / "run", tiny_recipe());
  const std::string before = bytes_of(folder / "run/state.safetensors");
  const PretrainReport again = world.run(folder / "run", tiny_recipe(), true);
  EXPECT_EQ(again.steps, first.steps);
  EXPECT_EQ(again.train_loss, first.train_loss);
  EXPECT_EQ(again.val_loss, first.val_loss);
  EXPECT_EQ(again.images_per_second, 0);
  EXPECT_EQ(bytes_of(folder / "run/state.safetensors"), before);
  EXPECT_EQ(log_of(folder / "run").size(), 3u);
}

TEST(PretrainResume, WithoutARunStartsOne) {
  const TemporaryFolder folder;
  PretrainWorld world;
  EXPECT_EQ(world.run(folder / "run", tiny_recipe(), true).steps, 12);
}

TEST(PretrainResume, RefusesOptionsThatWouldChangeTheRun) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.max_steps = 2;
  PretrainWorld world;
  world.run(folder / "run", options);
  const auto error_of = [&](PretrainOptions changed) -> std::string {
    try {
      world.run(folder / "run", changed, true);
      return "no error";
    } catch (const UsageError& error) {
      return error.line();
    }
  };
  PretrainOptions changed = options;
  changed.epochs = 4;
  EXPECT_NE(error_of(changed).find("epochs 3, got 4"), std::string::npos) << error_of(changed);
  changed = options;
  changed.seed = 6;
  EXPECT_NE(error_of(changed).find("seed 5, got 6"), std::string::npos);
  changed = options;
  changed.masking.mask_ratio = 0.5;
  EXPECT_NE(error_of(changed).find("mask-ratio"), std::string::npos);
  changed = options;
  changed.augment.horizontal_flip = false;
  EXPECT_NE(error_of(changed).find("horizontal-flip"), std::string::npos);
  world.train = std::make_shared<MemoryDataset>(17, Size2d{20, 24});
  EXPECT_NE(error_of(options).find("samples 18, got 17"), std::string::npos);
}

TEST(PretrainResume, ALineWrittenBeforeALostSaveIsNotDoubled) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  PretrainWorld world;
  world.run(folder / "whole", options);
  PretrainOptions part = options;
  part.max_steps = 7;  // in the middle of the second epoch
  world.run(folder / "killed", part);
  {  // as if the process had gone on to the end of the epoch and been killed before it could save
    RunLog log(folder / "killed/log.jsonl", 7);
    log.append({{"epoch", 1}, {"step", 8}, {"train_loss", 123.0}});
  }
  world.run(folder / "killed", options, true);
  EXPECT_EQ(log_of(folder / "killed"), log_of(folder / "whole"));
}

/// Sends a signal to this process at the n-th update.
class SignallingProgress : public Progress {
 public:
  explicit SignallingProgress(int at) : left_(at) {}
  void update(int64_t, const std::vector<std::pair<std::string, std::string>>&) override {
    if (--left_ == 0) ::raise(SIGTERM);
  }

 private:
  int left_;
};

/// A probe whose answer tells the state of the weights.
double first_weight(MaskedModel& model, const Placement&) {
  return model.parameters().front().flatten()[0].item<double>();
}

// Handlers are installed for good, and autograd refuses a fork: each signal gets a process of its
// own.
void expect_saved_by_signal(int update, bool in_probe = false) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  std::unique_ptr<TemporaryFolder> folder;
  if (::getenv("MAE_TEST_RUN") == nullptr) {
    folder = std::make_unique<TemporaryFolder>();
    ::setenv("MAE_TEST_RUN", folder->path().c_str(), 1);
  }
  const std::string base = ::getenv("MAE_TEST_RUN");
  PretrainWorld world = world_with_validation();
  PretrainOptions options = tiny_recipe();
  options.save.every_epochs = 100;
  if (in_probe) options.probe_every = 2;
  world.probe = first_weight;
  const auto interrupted = [&] {
    install_signal_handlers();
    if (in_probe) {
      world.probe = [](MaskedModel&, const Placement&) {
        ::raise(SIGTERM);
        check_interrupt();
        return 0.0;
      };
    }
    SignallingProgress progress(update);
    try {
      world.run(base + "/run", options, false, &progress);
    } catch (const Interrupted& error) {
      ::_exit(error.exit_code());
    }
    ::_exit(0);
  };
  EXPECT_EXIT(interrupted(), ::testing::ExitedWithCode(143), "");
  ::unsetenv("MAE_TEST_RUN");
  world.run(base + "/run", options, true);
  world.run(base + "/whole", options);
  expect_equal_runs(base + "/run", base + "/whole");
}

TEST(PretrainInterrupt, SavesInTheMiddleOfAnEpoch) { expect_saved_by_signal(2); }
TEST(PretrainInterrupt, SavesAtTheEndOfAnEpoch) { expect_saved_by_signal(4); }
TEST(PretrainInterrupt, SavesDuringValidation) { expect_saved_by_signal(5); }
TEST(PretrainInterrupt, SavesInALaterEpoch) { expect_saved_by_signal(9); }
TEST(PretrainInterrupt, SavesDuringTheProbe) { expect_saved_by_signal(0, /*in_probe=*/true); }

}  // namespace
}  // namespace mae
