// Words for devices and types, and that autocast leaves nothing behind.
#include "mae/train/device.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/base/parallel.h"

namespace mae {
namespace {

TEST(Device, OpensTheProcessor) { EXPECT_TRUE(open_device("cpu").is_cpu()); }

TEST(Device, RefusesOtherWords) {
  for (const char* name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:123", "CPU"})
    EXPECT_THROW(open_device(name), UsageError) << name;
}

TEST(Device, SaysWhichDeviceIsMissing) {
  try {
    // No machine has that many; without any the message is another one.
    open_device("cuda:99");
    FAIL() << "there are a hundred CUDA devices";
  } catch (const ResourceError& error) {
    EXPECT_EQ(error.exit_code(), 4);
    EXPECT_FALSE(error.hint().empty());
    EXPECT_NE(error.line().find("cuda"), std::string::npos) << error.line();
  }
}

TEST(Dtype, IsParsed) {
  EXPECT_EQ(parse_dtype("float32"), at::kFloat);
  EXPECT_EQ(parse_dtype("bfloat16"), at::kBFloat16);
  EXPECT_THROW(parse_dtype("float16"), UsageError);
}

TEST(ComputeThreads, AreCountedAndZeroMeansAllCores) {
  set_compute_threads(2);
  EXPECT_EQ(at::get_num_threads(), 2);
  set_compute_threads(0);
  EXPECT_EQ(at::get_num_threads(), available_cores());
  set_compute_threads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
}

TEST(Autocast, RunsProductsInBfloat16AndRestores) {
  const at::Tensor a = at::ones({4, 4});
  {
    const AutocastGuard guard(c10::Device(c10::kCPU), at::kBFloat16);
    EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kBFloat16);
  }
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
  const AutocastGuard guard(c10::Device(c10::kCPU), at::kFloat);
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace mae
