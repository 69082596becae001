// Order of numbers inside a patch, and round trips over many shapes.
#include "mae/ops/patchify.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"

namespace mae {
namespace {

TEST(Patchify, OrderIsRowColumnChannel) {
  const Tensor image = at::arange(48, at::kDouble).reshape({1, 3, 4, 4});
  const Tensor patches = patchify(image, {2, 2});
  const double expected[] = {0, 16, 32, 1, 17, 33, 4, 20, 36, 5, 21, 37, 2, 18, 34, 3};
  const Tensor flat = patches.flatten();
  for (int64_t i = 0; i < 16; ++i) EXPECT_EQ(flat[i].item<double>(), expected[i]) << i;
}

TEST(Patchify, UnpatchifyUndoesItForAnyShape) {
  RandomStream random(1, "patchify-test");
  for (int trial = 0; trial < 60; ++trial) {
    const int64_t B = 1 + random.below(3), C = 1 + random.below(5);
    const Size2d patch{1 + random.below(5), 1 + random.below(5)};
    const Size2d grid{1 + random.below(6), 1 + random.below(6)};
    const auto type = trial % 2 ? at::kByte : at::kDouble;
    const Tensor images = at::arange(B * C * grid.area() * patch.area(), at::kDouble)
                              .remainder(251)
                              .reshape({B, C, grid.height * patch.height, grid.width * patch.width})
                              .to(type);
    const Tensor patches = patchify(images, patch);
    EXPECT_EQ(patches.sizes(), (std::vector<int64_t>{B, grid.area(), patch.area() * C}));
    EXPECT_TRUE(at::equal(unpatchify(patches, grid, patch, C), images));
  }
}

TEST(Patchify, SizesThatDoNotDivideAreRefused) {
  const Tensor image = at::arange(48, at::kDouble).reshape({1, 3, 4, 4});
  EXPECT_THROW(patchify(image, {3, 2}), UsageError);
  EXPECT_THROW(patchify(image, {0, 2}), UsageError);
  EXPECT_THROW(patchify(image[0], {2, 2}), UsageError);
  EXPECT_THROW(unpatchify(patchify(image, {2, 2}), {2, 3}, {2, 2}, 3), UsageError);
}

}  // namespace
}  // namespace mae
