// Every class has the same say, and the mean weight of a sample is 1.
#include "mae/train/class_weights.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "toy_dataset.h"

namespace mae {
namespace {

TEST(ClassWeights, AreInverseToTheNumberOfSamples) {
  // Seven samples of three classes: 3, 2 and 2; a fourth does not occur.
  const Tensor weights = balanced_class_weights(test::ToyDataset(7, 3), 4);
  EXPECT_TRUE(weights.allclose(at::tensor({7.0 / 9, 7.0 / 6, 7.0 / 6, 1.0}, at::kDouble)));
  EXPECT_DOUBLE_EQ((3 * weights[0] + 2 * weights[1] + 2 * weights[2]).item<double>(), 7);
}

TEST(ClassWeights, AreExactlyOneWhereClassesAreEven) {
  EXPECT_TRUE(balanced_class_weights(test::ToyDataset(64, 4), 4).eq(1).all().item<bool>());
}

}  // namespace
}  // namespace mae
