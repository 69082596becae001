// Exhausted memory is the machine's fault (exit 4), a wrong shape is ours.
#include "mae/train/torch_error.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

TEST(TorchError, ExhaustedMemoryIsAResourceError) {
  const auto allocate = [] { return at::empty({int64_t{1} << 60}, at::kByte); };
  EXPECT_THROW(with_torch_errors("cpu", allocate), ResourceError);
}

TEST(TorchError, MistakesOfOursStayWhatTheyAre) {
  const auto multiply = [] { return at::matmul(at::ones({2, 3}), at::ones({2, 3})); };
  EXPECT_THROW(with_torch_errors("cpu", multiply), c10::Error);
}

}  // namespace
}  // namespace mae
