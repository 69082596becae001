// The schedule against the published implementation's numbers, both recipes.
#include "mae/train/lr_schedule.h"

#include <gtest/gtest.h>

#include "support/reference_file.h"

namespace mae {
namespace {

void expect_published(const std::string& recipe, const LrSchedule& schedule) {
  const test::ReferenceFile file(MAE_TESTS_DIR "/golden/reference/lr_schedule.h5");
  const std::vector<double> rows = file.numbers(recipe);
  ASSERT_GT(rows.size(), 100u);
  for (size_t i = 0; i < rows.size(); i += 2)
    EXPECT_DOUBLE_EQ(lr_at(schedule, rows[i]), rows[i + 1]) << recipe << " at epoch " << rows[i];
}

LrSchedule recipe(const std::string& name) {
  const test::ReferenceFile file(MAE_TESTS_DIR "/golden/reference/lr_schedule.h5");
  LrSchedule schedule;
  schedule.min_lr = file.attribute_number(name, "min_lr");
  schedule.warmup_epochs = file.attribute_number(name, "warmup_epochs");
  schedule.epochs = file.attribute_number(name, "epochs");
  return schedule;
}

TEST(LrSchedule, PretrainingEqualsThePublishedSchedule) {
  LrSchedule schedule = recipe("pretrain");
  const test::ReferenceFile file(MAE_TESTS_DIR "/golden/reference/lr_schedule.h5");
  schedule.lr = scaled_lr(file.attribute_number("pretrain", "base_lr"),
                          static_cast<long>(file.attribute_number("pretrain", "effective_batch")));
  expect_published("pretrain", schedule);
}

TEST(LrSchedule, FineTuningEqualsThePublishedSchedule) {
  LrSchedule schedule = recipe("finetune");
  const test::ReferenceFile file(MAE_TESTS_DIR "/golden/reference/lr_schedule.h5");
  schedule.lr = file.attribute_number("finetune", "lr");
  expect_published("finetune", schedule);
}

TEST(LrSchedule, FirstStepOfAWarmUpHasRateZero) {
  EXPECT_EQ(lr_at(LrSchedule{}, 0.0), 0.0);
  LrSchedule no_warm_up;
  no_warm_up.warmup_epochs = 0;
  EXPECT_EQ(lr_at(no_warm_up, 0.0), no_warm_up.lr);
}

TEST(LrSchedule, ScalesWithTheEffectiveBatch) {
  EXPECT_DOUBLE_EQ(scaled_lr(1.5e-4, 4096), 2.4e-3);
  EXPECT_DOUBLE_EQ(scaled_lr(0.1, 16384), 6.4);
}

}  // namespace
}  // namespace mae
