// Traps of linking against LibTorch that cost speed in silence.
#include <ATen/Parallel.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

namespace {

// OpenCV and HDF5 can drag in Debian's reference BLAS; if it came first, every matrix product would
// be 17 times slower.
TEST(Linking, MatrixProductsUseLibtorchsBlas) {
  void* symbol = dlsym(RTLD_DEFAULT, "sgemm_");
  ASSERT_NE(symbol, nullptr);
  Dl_info info;
  ASSERT_NE(dladdr(symbol, &info), 0);
  EXPECT_NE(std::string(info.dli_fname).find("libtorch_cpu"), std::string::npos) << info.dli_fname;
}

// at::parallel_for is header code: compiled without -fopenmp it runs one chunk.
TEST(Linking, ParallelForRunsOnSeveralThreads) {
  if (at::get_num_threads() < 2) at::set_num_threads(2);
  std::atomic<int> chunks{0};
  at::parallel_for(0, 1000, 1, [&](int64_t, int64_t) { ++chunks; });
  EXPECT_GE(chunks.load(), 2);
}

}  // namespace
