// A part of a data set keeps each sample's picture, label and name together.
#include "mae/data/subset_dataset.h"

#include <gtest/gtest.h>

#include "support/memory_dataset.h"

namespace mae {
namespace {

TEST(SubsetDataset, HasTheChosenSamplesInTheirOrder) {
  const auto whole = std::make_shared<test::MemoryDataset>(10, Size2d{4, 6}, 3);
  const auto part = subset_dataset(whole, {7, 2, 9});
  ASSERT_EQ(part->size(), 3);
  EXPECT_EQ(part->name(0), "class/7.png");
  EXPECT_EQ(part->label(1), whole->label(2));
  EXPECT_EQ(part->image(2).bytes, whole->image(9).bytes);
  EXPECT_EQ(part->id(0), whole->id(7));
}

TEST(SubsetDataset, DescribesTheWhole) {
  const auto whole = std::make_shared<test::MemoryDataset>(10, Size2d{4, 6}, 5);
  const auto part = subset_dataset(whole, {1});
  EXPECT_EQ(part->class_names(), whole->class_names());
  EXPECT_EQ(part->channels(), 5);
  EXPECT_EQ(part->image_size(), (Size2d{4, 6}));
  EXPECT_EQ(part->pixel_stats().mean.size(), 5U);
}

}  // namespace
}  // namespace mae
