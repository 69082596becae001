// On the CPU nothing is copied, neither to the device nor back.
#include "mae/train/copy_stream.h"

#include <gtest/gtest.h>

#include "mae/masking/patch_selection.h"
#include "mae/train/host_copy.h"
#include "support/random_tensor.h"

namespace mae {
namespace {

using test::random_tensor;

TEST(CopyStream, GivesBackWhatItGetsOnTheCpu) {
  CopyStream copies(c10::kCPU);
  const Tensor tensor = random_tensor({2, 3}, 1);
  EXPECT_TRUE(copies.send(tensor).is_same(tensor));
  EXPECT_FALSE(copies.send(Tensor()).defined());
  const PatchSelection selection = random_masking(random_tensor({2, 8}, 2), 0.5);
  const PatchSelection there = copies.send(selection);
  EXPECT_TRUE(there.ids_keep.is_same(selection.ids_keep));
  EXPECT_TRUE(there.ids_restore.is_same(selection.ids_restore));
  EXPECT_TRUE(there.mask.is_same(selection.mask));
  EXPECT_FALSE(there.token_mask.defined());
  EXPECT_NO_THROW(copies.join());
}

TEST(HostCopy, GivesBackWhatItGetsOnTheCpu) {
  HostCopy copies;
  const Tensor tensor = random_tensor({2, 3}, 1);
  EXPECT_TRUE(copies.fetch(tensor).is_same(tensor));
  EXPECT_FALSE(copies.fetch(Tensor()).defined());
  EXPECT_NO_THROW(copies.wait());
}

}  // namespace
}  // namespace mae
