// Draws of a few samples a class, and what probes make of them.
#include "mae/eval/few_shot.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mae/base/error.h"
#include "synthetic_features.h"

namespace mae {
namespace {

std::vector<std::string> names_of(const FeatureSet& set, const Tensor& rows) {
  return select_samples(set, rows).names;
}

std::vector<std::string> draw(const FeatureSet& set, int64_t shots, uint64_t seed,
                              uint32_t repeat) {
  return names_of(set, draw_shots(set, 3, shots, seed, repeat));
}

FewShotOptions few(std::vector<int64_t> shots, int64_t repeats) {
  FewShotOptions options;
  options.shots = std::move(shots);
  options.repeats = repeats;
  return options;
}

TEST(DrawShots, ExactlyAsManyOfEachClass) {
  const FeatureSet set = test::gaussian_clouds(100, 4, 3, 1, 1);  // 34, 33 and 33 samples
  for (const int64_t shots : {1, 5, 33}) {
    const Tensor rows = draw_shots(set, 3, shots, 7, 2);
    ASSERT_EQ(rows.numel(), 3 * shots);
    const FeatureSet drawn = select_samples(set, rows);
    for (int64_t c = 0; c < 3; ++c) {
      EXPECT_TRUE(drawn.labels.narrow(0, c * shots, shots).eq(c).all().item<bool>());
    }
    std::vector<std::string> names = drawn.names;
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end()) << "drawn twice";
  }
}

TEST(DrawShots, TheseAndNoOthers) {
  // Written down once: another version must draw the same.
  const FeatureSet set = test::gaussian_clouds(30, 4, 3, 1, 1);
  EXPECT_EQ(draw(set, 2, 0, 0),
            (std::vector<std::string>{"sample-1-27", "sample-1-6", "sample-1-13", "sample-1-4",
                                      "sample-1-20", "sample-1-23"}));
  EXPECT_NE(draw(set, 2, 0, 0), draw(set, 2, 0, 1));
  EXPECT_NE(draw(set, 2, 0, 0), draw(set, 2, 1, 0));
}

TEST(DrawShots, OrderOfTheSetDoesNotMatter) {
  const FeatureSet set = test::gaussian_clouds(90, 4, 3, 1, 1);
  const FeatureSet reversed = select_samples(set, at::arange(89, -1, -1));
  EXPECT_EQ(draw(set, 5, 3, 1), draw(reversed, 5, 3, 1));
}

TEST(DrawShots, OtherSamplesDoNotMatter) {
  // Without those that were not drawn, which may lie in another shard, the draw is the same.
  const FeatureSet set = test::gaussian_clouds(90, 4, 3, 1, 1);
  const FeatureSet left = select_samples(set, draw_shots(set, 3, 8, 3, 1));
  EXPECT_EQ(draw(set, 5, 3, 1), draw(left, 5, 3, 1));
}

TEST(DrawShots, MoreShotsHoldFewer) {
  const FeatureSet set = test::gaussian_clouds(90, 4, 3, 1, 1);
  const auto five = draw(set, 5, 3, 1), one = draw(set, 1, 3, 1);
  EXPECT_EQ(one, (std::vector<std::string>{five[0], five[5], five[10]}));
}

TEST(DrawShots, EveryRepeatDrawsFairly) {
  // Each of 10 samples a class is drawn in about 3 of 10 repeats: of 400, 120 with deviation 9.2.
  const FeatureSet set = test::gaussian_clouds(30, 4, 3, 1, 1);
  std::vector<int> times(30);
  for (uint32_t repeat = 0; repeat < 400; ++repeat) {
    const Tensor rows = draw_shots(set, 3, 3, 5, repeat);
    for (int64_t i = 0; i < rows.numel(); ++i)
      ++times[static_cast<size_t>(rows[i].item<int64_t>())];
  }
  EXPECT_GT(*std::min_element(times.begin(), times.end()), 120 - 46);
  EXPECT_LT(*std::max_element(times.begin(), times.end()), 120 + 46);
}

TEST(DrawShots, AClassWithFewerSamplesIsNamed) {
  FeatureSet set = test::gaussian_clouds(100, 4, 3, 1, 1);
  set.class_names = {"cat", "dog", "newt"};
  try {
    draw_shots(set, 3, 34, 0, 0);
    FAIL() << "expected UsageError";
  } catch (const UsageError& error) {
    EXPECT_NE(error.line().find("class 1 (dog) has 33 training samples, fewer than 34"),
              std::string::npos)
        << error.line();
  }
  EXPECT_THROW(draw_shots(set, 4, 1, 0, 0), UsageError);  // class 3 has none at all
}

TEST(FewShot, AveragesOverTheDraws) {
  const FeatureSet train = test::gaussian_clouds(90, 6, 3, 2, 1);
  const FeatureSet test = test::gaussian_clouds(60, 6, 3, 2, 2);
  KnnOptions knn_options;
  knn_options.k = {1, 4};
  Progress silent;
  const auto results = few_shot_knn(train, test, 3, few({2, 5}, 4), knn_options, silent);
  ASSERT_EQ(results.size(), 4U);
  std::vector<double> top1, top5;
  for (uint32_t repeat = 0; repeat < 4; ++repeat) {
    const FeatureSet drawn = select_samples(train, draw_shots(train, 3, 5, 0, repeat));
    const Predictions predictions = knn(drawn, test, 3, knn_options)[1];
    top1.push_back(predictions.top1);
    top5.push_back(predictions.top5);
  }
  EXPECT_EQ(results[3].shots, 5);
  EXPECT_EQ(results[3].setting, 4);
  EXPECT_EQ(results[3].top1.mean, mean_interval(top1).mean);
  EXPECT_EQ(results[3].top1.half_width, mean_interval(top1).half_width);
  EXPECT_EQ(results[3].top5, mean_interval(top5).mean);
  EXPECT_GT(results[3].top1.half_width, 0);
  EXPECT_EQ(results[0].shots, 2);
  EXPECT_EQ(results[0].setting, 1);
}

TEST(FewShot, NeighboursAreCutToTheDrawnSamples) {
  const FeatureSet train = test::gaussian_clouds(90, 6, 3, 8, 1);
  Progress silent;
  KnnOptions options;  // k = 20
  const auto results = few_shot_knn(train, train, 3, few({1, 10}, 2), options, silent);
  EXPECT_EQ(results[0].setting, 3);
  EXPECT_EQ(results[1].setting, 20);
  EXPECT_EQ(results[0].top5, 100);  // every class has a vote
  options.k = {0};
  EXPECT_THROW(few_shot_knn(train, train, 3, few({1}, 2), options, silent), UsageError);
}

TEST(FewShot, TheLinearProbeLearnsFromFiveSamples) {
  const FeatureSet train = test::gaussian_clouds(90, 6, 3, 8, 1);
  const FeatureSet test = test::gaussian_clouds(300, 6, 3, 8, 2);
  Progress silent;
  const auto results = few_shot_linear(train, test, 3, few({5}, 5), {}, silent);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_NEAR(results[0].setting, 6.4, 1e-12);  // 0.1 for 256 of 16384, not of 15 samples
  EXPECT_GT(results[0].top1.mean, 90);
}

TEST(FewShot, TheOrderOfTheTrainingSetDoesNotMatter) {
  const FeatureSet train = test::gaussian_clouds(90, 6, 3, 2, 1);
  const FeatureSet reversed = select_samples(train, at::arange(89, -1, -1));
  const FeatureSet test = test::gaussian_clouds(60, 6, 3, 2, 2);
  Progress silent;
  const auto one = few_shot_linear(train, test, 3, few({3}, 3), {}, silent);
  const auto two = few_shot_linear(reversed, test, 3, few({3}, 3), {}, silent);
  EXPECT_EQ(one[0].top1.mean, two[0].top1.mean);
  EXPECT_EQ(one[0].top1.half_width, two[0].top1.half_width);
}

TEST(FewShot, AFeatureEqualInAllDrawnSamplesHasNoWeight) {
  FeatureSet train = test::gaussian_clouds(90, 6, 3, 8, 1);
  FeatureSet test = test::gaussian_clouds(300, 6, 3, 8, 2);
  train.features = at::cat({train.features, at::full({90, 1}, 0.25F)}, /*dim=*/1);
  test.features = at::cat({test.features, at::arange(300).reshape({300, 1}).mul(1000.0F)}, 1);
  Progress silent;
  EXPECT_GT(few_shot_linear(train, test, 3, few({5}, 3), {}, silent)[0].top1.mean, 90);
}

TEST(FewShot, BadNumbersAreRefused) {
  const FeatureSet set = test::gaussian_clouds(30, 4, 3, 1, 1);
  for (const FewShotOptions& options :
       {few({}, 10), few({0}, 10), few({2, -1}, 10), few({2}, 0), few({2, 11}, 10)}) {
    EXPECT_THROW(check_few_shot(set, 3, options), UsageError);
  }
  EXPECT_NO_THROW(check_few_shot(set, 3, few({10}, 1)));
}

}  // namespace
}  // namespace mae
