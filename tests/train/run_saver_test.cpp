// When a run is saved, seen from its folder.
#include "mae/train/run_saver.h"

#include <signal.h>

#include "mae/base/interrupt.h"
#include "train/pretrain_world.h"

namespace mae {
namespace {

using test::PretrainWorld;
using test::tiny_recipe;

int64_t saved_step(const std::string& run) {
  const std::string state = run + "/state.safetensors";
  if (!std::filesystem::exists(state)) return -1;
  return read_checkpoint_header(state).extra["position"]["step"].get<int64_t>();
}

/// Calls `look` at every update.
class LookingProgress : public Progress {
 public:
  explicit LookingProgress(std::function<void(int)> look) : look_(std::move(look)) {}
  void update(int64_t, const std::vector<std::pair<std::string, std::string>>&) override {
    look_(++updates_);
  }

 private:
  std::function<void(int)> look_;
  int updates_ = 0;
};

TEST(RunSaver, SavesByTheMinute) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.save.every_epochs = 100;
  std::vector<int64_t> saved;
  LookingProgress progress([&](int) { saved.push_back(saved_step(folder / "run")); });
  PretrainWorld world;
  options.save.every_minutes = 1e-9;
  world.run(folder / "run", options, false, &progress);
  ASSERT_EQ(saved.size(), 12u);
  EXPECT_EQ(saved[0], -1);
  EXPECT_EQ(saved[1], 1);
  EXPECT_EQ(saved[3], 3);
  saved.clear();
  std::filesystem::remove_all(folder / "run");
  options.save.every_minutes = 0;
  LookingProgress again([&](int) { saved.push_back(saved_step(folder / "run")); });
  world.run(folder / "run", options, false, &again);
  EXPECT_EQ(saved, std::vector<int64_t>(12, -1));
}

TEST(RunSaver, KeepsEveryNthEpochAndTheStateBefore) {
  const TemporaryFolder folder;
  PretrainOptions options = tiny_recipe();
  options.epochs = 5;
  options.save.keep_every = 2;
  PretrainWorld world;
  world.run(folder / "run", options);
  const auto step_of = [&](const char* file) {
    return read_checkpoint_header((folder / "run/") + file).extra["step"].get<int64_t>();
  };
  EXPECT_EQ(step_of("checkpoint-epoch-0002.safetensors"), 8);
  EXPECT_EQ(step_of("checkpoint-epoch-0004.safetensors"), 16);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/checkpoint-epoch-0005.safetensors"));
  const Checkpoint before = read_checkpoint_header(folder / "run/state-previous.safetensors");
  EXPECT_EQ(before.extra["position"]["step"], 16);
  EXPECT_EQ(saved_step(folder / "run"), 20);
}

// Handlers are installed for good, and autograd refuses a fork: the run has a process of its own.
TEST(RunSaver, SavesOnRequestAndGoesOn) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto requested = [&] {
    install_signal_handlers();
    const TemporaryFolder folder;
    PretrainOptions options = tiny_recipe();
    options.save.every_epochs = 100;
    int64_t third = 0, fourth = 0;
    LookingProgress progress([&](int update) {
      if (update == 2) ::raise(SIGUSR1);
      if (update == 3) third = saved_step(folder / "run");
      if (update == 4) fourth = saved_step(folder / "run");
    });
    PretrainWorld world;
    const bool finished = world.run(folder / "run", options, false, &progress).steps == 12;
    std::filesystem::remove_all(folder.path());
    ::_exit(finished && third == 2 && fourth == 2 ? 0 : 1);
  };
  EXPECT_EXIT(requested(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace mae
