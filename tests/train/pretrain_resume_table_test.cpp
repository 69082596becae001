// Exact resume in every combination of compute threads, element type, accumulation and moment of
// the stop: checkpoint, state and log are those of a run that never stopped.
#include <gtest/gtest.h>

#include <tuple>

#include "train/spoilt_mae.h"

namespace mae {
namespace {

using test::expect_equal_runs;
using test::PretrainWorld;
using test::SomeWhite;
using test::SpoiltMae;

constexpr int64_t kSamplesOfStep = 16;
constexpr int64_t kStepsOfEpoch = 4;  // and half a step that is discarded
constexpr int64_t kSteps = 2 * kStepsOfEpoch;

/// Large enough for LibTorch to divide the work of a step among two threads.
MaeOptions divisible_model() {
  MaeOptions options = test::tiny_mae();
  options.img_size = {32, 32};
  options.embed_dim = 32;
  options.decoder_embed_dim = 32;
  return options;
}

/// One picture in each epoch has a loss that is not a number.
PretrainWorld world_with_a_bad_picture() {
  PretrainWorld world;
  world.train = std::make_shared<SomeWhite>(std::set<int64_t>{7},
                                            kSamplesOfStep * kStepsOfEpoch + kSamplesOfStep / 2);
  world.make_model = [] {
    return std::make_shared<SpoiltMae>(test::spoil_white, divisible_model());
  };
  return world;
}

PretrainOptions table_recipe(int threads, const std::string& dtype, int64_t accum_iter) {
  PretrainOptions options = test::tiny_recipe();
  options.augment.img_size = {32, 32};
  options.epochs = 2;
  options.threads = threads;
  options.dtype = dtype;
  options.accum_iter = accum_iter;
  options.batch_size = kSamplesOfStep / accum_iter;
  return options;
}

/// Steps after which the first one was left out. Data and their order are the same in all
/// combinations.
int64_t steps_to_the_skipped_one() {
  const TemporaryFolder folder;
  PretrainWorld world = world_with_a_bad_picture();
  PretrainOptions options = table_recipe(1, "float32", 1);
  for (int64_t stop = 1; stop < kSteps; ++stop) {
    options.max_steps = stop;
    if (world.run(folder / "run", options, /*resume=*/stop > 1).skipped_steps > 0) return stop;
  }
  return 0;
}

using Combination = std::tuple<int, std::string, int64_t>;  // threads, dtype, accum_iter
class PretrainResumeTable : public ::testing::TestWithParam<Combination> {};

TEST_P(PretrainResumeTable, EqualsARunThatNeverStopped) {
  static const int64_t kSkipped = steps_to_the_skipped_one();
  ASSERT_GT(kSkipped, 0);
  const auto [threads, dtype, accum_iter] = GetParam();
  const PretrainOptions options = table_recipe(threads, dtype, accum_iter);
  const TemporaryFolder folder;
  PretrainWorld world = world_with_a_bad_picture();
  const PretrainReport whole = world.run(folder / "whole", options);
  EXPECT_EQ(whole.steps, kSteps);
  EXPECT_GT(whole.skipped_steps, 0);
  const std::pair<const char*, int64_t> moments[] = {{"in the middle of an epoch", 6},
                                                     {"at an epoch's end", kStepsOfEpoch},
                                                     {"after a skipped step", kSkipped}};
  for (const auto& [moment, stop] : moments) {
    SCOPED_TRACE(moment);
    const std::string run = folder / moment;
    PretrainOptions part = options;
    part.max_steps = stop;
    EXPECT_EQ(world.run(run, part).steps, stop);
    EXPECT_EQ(world.run(run, options, /*resume=*/true).skipped_steps, whole.skipped_steps);
    expect_equal_runs(folder / "whole", run);
  }
}

std::string combination_name(const ::testing::TestParamInfo<Combination>& info) {
  return "Threads" + std::to_string(std::get<0>(info.param)) + "_" + std::get<1>(info.param) +
         "_Accumulate" + std::to_string(std::get<2>(info.param));
}

INSTANTIATE_TEST_SUITE_P(All, PretrainResumeTable,
                         ::testing::Combine(::testing::Values(1, 2),
                                            ::testing::Values("float32", "bfloat16"),
                                            ::testing::Values(int64_t{1}, int64_t{4})),
                         combination_name);

}  // namespace
}  // namespace mae
