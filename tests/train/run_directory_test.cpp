// A run's folder: one writer, nothing overwritten by accident, and a whole state whenever the
// process is killed.
#include "mae/train/run_directory.h"

#include <ATen/ops/full.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <thread>

#include "base/temporary_folder.h"
#include "mae/base/error.h"
#include "mae/base/log.h"

namespace mae {
namespace {

/// Whose state is one tensor of a given number.
class NumberedOptimizer : public Optimizer {
 public:
  explicit NumberedOptimizer(double number) : Optimizer({}), number_(number) {}
  void step(double, const Tensor&) override {}
  StateDict state() const override { return {{"exp_avg.weight", at::full({300}, number_)}}; }
  void load_state(const StateDict&, const std::string&) override {}

 private:
  double number_;
};

Checkpoint numbered_checkpoint(int64_t number) {
  Checkpoint checkpoint;
  checkpoint.config = {{"model", "mae"}};
  checkpoint.preprocessing.mean = {0.5, 0.5, 0.5};
  checkpoint.preprocessing.std = {0.5, 0.5, 0.5};
  checkpoint.provenance = {{"program", "mae-pretrain"}};
  checkpoint.extra["step"] = number;
  checkpoint.tensors["weight"] = at::full({20, 30}, static_cast<double>(number));
  return checkpoint;
}

void save_numbered(RunDirectory& run, int64_t number) {
  TrainPosition position;
  position.step = number;
  position.epoch = number / 10;
  position.batch = number % 10;
  position.meters = {{"loss_sum", 0.1 * static_cast<double>(number)}};
  run.save(numbered_checkpoint(number), NumberedOptimizer(static_cast<double>(number)), position,
           {{"epochs", 20}});
}

TEST(RunDirectory, LoadsWhatWasSaved) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  EXPECT_FALSE(run.load());
  save_numbered(run, 47);
  const auto resumed = run.load();
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->position.step, 47);
  EXPECT_EQ(resumed->position.epoch, 4);
  EXPECT_EQ(resumed->position.batch, 7);
  EXPECT_EQ(resumed->position.meters["loss_sum"].get<double>(), 0.1 * 47.0) << "bit for bit";
  EXPECT_EQ(resumed->training_config["epochs"], 20);
  EXPECT_EQ(resumed->checkpoint.config["model"], "mae");
  EXPECT_EQ(resumed->checkpoint.provenance["program"], "mae-pretrain");
  EXPECT_EQ(resumed->checkpoint.extra["step"], 47);
  EXPECT_TRUE(resumed->checkpoint.tensors.at("weight").equal(at::full({20, 30}, 47.0)));
  EXPECT_TRUE(resumed->optimizer.at("exp_avg.weight").equal(at::full({300}, 47.0)));
  const Checkpoint written = read_checkpoint(run.path());
  EXPECT_EQ(written.tensors.size(), 1u);
  EXPECT_EQ(written.extra["step"], 47);
}

TEST(RunDirectory, KeepsAverageAndWeightsAndPublishesTheAverage) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  const Tensor average = at::full({20, 30}, 0.5);
  run.save(numbered_checkpoint(3), NumberedOptimizer(3), TrainPosition(), {},
           {{"weight", average}});
  const auto is_published = [&] {
    return read_checkpoint(run.path()).tensors.at("weight").equal(average);
  };
  EXPECT_TRUE(is_published());
  std::filesystem::remove(run.file("checkpoint.safetensors"));  // as if killed between the writes
  const auto resumed = run.load();
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(resumed->average.at("weight").equal(average));
  EXPECT_TRUE(resumed->checkpoint.tensors.at("weight").equal(at::full({20, 30}, 3.0)));
  EXPECT_TRUE(is_published());
}

TEST(RunDirectory, RefusesAFolderThatHoldsARun) {
  const TemporaryFolder folder;
  {
    RunDirectory run(folder / "run", false);
    save_numbered(run, 1);
  }
  EXPECT_THROW(RunDirectory(folder / "run", false), UsageError);
  const RunDirectory resumed(folder / "run", true);
  EXPECT_TRUE(resumed.load());
}

TEST(RunDirectory, TakesAnEmptyFolderAndRefusesAFile) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "empty");
  RunDirectory(folder / "empty", false);
  put_bytes(folder / "file", "x");
  EXPECT_THROW(RunDirectory(folder / "file", true), UsageError);
}

TEST(RunDirectory, LeavesNothingWhereNothingWasSaved) {
  const TemporaryFolder folder;
  { const RunDirectory run(folder / "new", false); }
  EXPECT_NE(access((folder / "new").c_str(), F_OK), 0);
  ASSERT_EQ(mkdir((folder / "old").c_str(), 0777), 0);
  { const RunDirectory run(folder / "old", false); }
  EXPECT_EQ(access((folder / "old").c_str(), F_OK), 0);  // it was there before
  {
    RunDirectory run(folder / "used", false);
    save_numbered(run, 1);
  }
  EXPECT_EQ(access((folder / "used/state.safetensors").c_str(), F_OK), 0);
}

TEST(RunDirectory, HasOneWriter) {
  const TemporaryFolder folder;
  const RunDirectory first(folder / "run", true);
  EXPECT_THROW(RunDirectory(folder / "run", true), ResourceError);
}

TEST(RunDirectory, RenewsACheckpointOlderThanTheState) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  save_numbered(run, 1);
  const std::string old = bytes_of(run.file("checkpoint.safetensors"));
  save_numbered(run, 2);
  const std::string newest = bytes_of(run.file("checkpoint.safetensors"));
  for (const std::string& stale : {old, std::string("damaged")}) {
    put_bytes(run.file("checkpoint.safetensors"), stale);
    run.load();
    EXPECT_EQ(bytes_of(run.file("checkpoint.safetensors")), newest);
  }
}

TEST(RunDirectory, RefusesADamagedState) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  save_numbered(run, 1);
  write_checkpoint(run.file("state.safetensors"), numbered_checkpoint(1));
  EXPECT_THROW(run.load(), DataError);
}

TEST(RunDirectory, FallsBackToTheStateBefore) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  save_numbered(run, 1);
  save_numbered(run, 2);
  save_numbered(run, 3);
  std::vector<std::string> warnings;
  set_log_sink([&](LogLevel level, const std::string& line) {
    if (level == LogLevel::kWarning) warnings.push_back(line);
  });
  EXPECT_EQ(run.load()->position.step, 3);
  EXPECT_TRUE(warnings.empty());
  std::string bytes = bytes_of(run.file("state.safetensors"));
  bytes[bytes.size() - 5] ^= 1;
  put_bytes(run.file("state.safetensors"), bytes);
  const auto resumed = run.load();
  set_log_sink({});
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->position.step, 2);
  EXPECT_EQ(run.load()->position.step, 2);
  EXPECT_TRUE(resumed->optimizer.at("exp_avg.weight").equal(at::full({300}, 2.0)));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("state.safetensors: "), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("state-previous.safetensors, step 2"), std::string::npos)
      << warnings[0];
  EXPECT_EQ(read_checkpoint(run.path()).extra["step"], 2);
  // It is the newest now, so that the next save keeps a whole one behind it.
  save_numbered(run, 4);
  put_bytes(run.file("state.safetensors"), "x");
  EXPECT_EQ(run.load()->position.step, 2);
  put_bytes(run.file("state.safetensors"), "x");
  EXPECT_THROW(run.load(), DataError);
}

TEST(RunDirectory, RollsBackToTheNewestStateThatIsOldEnough) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  save_numbered(run, 10);
  save_numbered(run, 20);
  EXPECT_FALSE(run.roll_back(9));
  EXPECT_EQ(run.load()->position.step, 20);
  EXPECT_EQ(run.roll_back(25)->position.step, 20);
  EXPECT_EQ(run.roll_back(19)->position.step, 10);
  EXPECT_EQ(run.load()->position.step, 10) << "it is the newest now";
  EXPECT_EQ(read_checkpoint(run.path()).extra["step"], 10);
}

TEST(RunDirectory, NothingThatIsNotFiniteIsSaved) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  save_numbered(run, 1);
  const std::string before = bytes_of(run.file("state.safetensors"));
  Checkpoint bad = numbered_checkpoint(2);
  bad.tensors["weight"][3][4] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(run.save(bad, NumberedOptimizer(2), TrainPosition(), {}), NumericError);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(run.save(numbered_checkpoint(2), NumberedOptimizer(nan), TrainPosition(), {}),
               NumericError);
  EXPECT_THROW(run.save_best(bad), NumericError);
  EXPECT_THROW(run.keep(bad, 5), NumericError);
  EXPECT_EQ(bytes_of(run.file("state.safetensors")), before);
  EXPECT_EQ(run.load()->position.step, 1);
  EXPECT_FALSE(std::filesystem::exists(run.file("best.safetensors")));
  run.keep(numbered_checkpoint(3), 5);
  EXPECT_EQ(read_checkpoint(run.file("checkpoint-epoch-0005.safetensors")).extra["step"], 3);
}

TEST(RunDirectory, AsksForRoomBeforeTheWork) {
  const TemporaryFolder folder;
  const RunDirectory run(folder / "run", false);
  const Checkpoint checkpoint = numbered_checkpoint(1);
  EXPECT_NO_THROW(run.require_room(checkpoint, NumberedOptimizer(1), {}, 0));
  try {
    run.require_room(checkpoint, NumberedOptimizer(1), {}, int64_t{1} << 50);
    FAIL();
  } catch (const ResourceError& error) {
    EXPECT_NE(error.line().find("bytes, but the disk has"), std::string::npos) << error.line();
  }
}

TEST(RunDirectory, SweepsWhatKilledProcessesLeft) {
  const TemporaryFolder folder;
  { RunDirectory(folder / "run", false).keep(numbered_checkpoint(1), 1); }
  put_bytes(folder / "run/.best.safetensors.tmp", "half");
  put_bytes(folder / "run/.notes.tmp", "somebody else's");
  const RunDirectory run(folder / "run", true);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/.best.safetensors.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/.notes.tmp"));
}

TEST(RunDirectory, LeavesNoThirdNameOfAStateKeptTwice) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  save_numbered(run, 1);
  // Killed when the state was kept, but the next one not yet written.
  ASSERT_EQ(
      link(run.file("state.safetensors").c_str(), run.file("state-previous.safetensors").c_str()),
      0);
  save_numbered(run, 2);
  EXPECT_FALSE(std::filesystem::exists(run.file(".state-previous.safetensors.tmp")));
  EXPECT_EQ(run.roll_back(1)->position.step, 1);
}

TEST(RunDirectory, LeavesNoThirdNameWhereTheStateCannotBeKept) {
  const TemporaryFolder folder;
  RunDirectory run(folder / "run", false);
  save_numbered(run, 1);
  std::filesystem::create_directory(run.file("state-previous.safetensors"));
  EXPECT_THROW(save_numbered(run, 2), ResourceError);
  EXPECT_FALSE(std::filesystem::exists(run.file(".state-previous.safetensors.tmp")));
}

TEST(RunDirectory, SurvivesKillsAtAnyTime) {
  const TemporaryFolder folder;
  const std::string path = folder / "run";
  int64_t last = 0;
  // 25 kills, and on a slow machine as many more as it takes to have killed between saves.
  for (int kill_number = 0; kill_number < 25 || (last <= 25 && kill_number < 500); ++kill_number) {
    const pid_t child = ::fork();
    if (child == 0) {
      RunDirectory run(path, true);
      for (int64_t number = last + 1;; ++number) save_numbered(run, number);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(1500 + 1700 * (kill_number % 50)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const RunDirectory run(path, true);
    const auto resumed = run.load();
    if (!resumed) continue;  // killed before the first save
    const int64_t step = resumed->position.step;
    ASSERT_GE(step, last);
    last = step;
    const auto number = static_cast<double>(step);
    ASSERT_TRUE(resumed->checkpoint.tensors.at("weight").eq(number).all().item<bool>());
    ASSERT_TRUE(resumed->optimizer.at("exp_avg.weight").eq(number).all().item<bool>());
    ASSERT_EQ(resumed->checkpoint.extra["step"], step);
    const Checkpoint checkpoint = read_checkpoint(path);
    ASSERT_EQ(checkpoint.extra["step"], step);
    ASSERT_TRUE(checkpoint.tensors.at("weight").eq(number).all().item<bool>());
  }
  EXPECT_GT(last, 25) << "most children saved something";
}

}  // namespace
}  // namespace mae
