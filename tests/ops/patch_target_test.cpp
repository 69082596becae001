// The target of the loss equals patchify and normalize_patches; where there is a GPU, so does the
// CUDA twin.
#include "mae/ops/patch_target.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/base/random_stream.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patchify.h"

#ifdef MAE_WITH_CUDA
#include <cuda_runtime.h>

#include "mae/ops/kernels/patch_target.h"
#endif

namespace mae {
namespace {

Tensor random_images(int64_t B, int64_t C, int64_t H, int64_t W) {
  RandomStream random(5, "patch-target-test");
  Tensor images = at::empty({B, C, H, W}, at::kFloat);
  for (int64_t i = 0; i < images.numel(); ++i) images.data_ptr<float>()[i] = random.uniform_float();
  return images;
}

TEST(PatchTarget, EqualsThePlainFunctions) {
  const Tensor images = random_images(2, 3, 8, 12);
  EXPECT_TRUE(at::equal(patch_target(images, {4, 6}, false), patchify(images, {4, 6})));
  EXPECT_TRUE(
      at::equal(patch_target(images, {4, 6}, true), normalize_patches(patchify(images, {4, 6}))));
}

#ifdef MAE_WITH_CUDA
TEST(PatchTarget, CudaTwinEqualsThePlainFunctions) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) GTEST_SKIP() << "no CUDA device";
  const Tensor images = random_images(3, 3, 28, 42);
  for (const bool normalize : {false, true}) {
    const Tensor expected = patch_target(images, {14, 14}, normalize);
    Tensor actual = at::empty_like(expected);
    float *pixels = nullptr, *target = nullptr;
    ASSERT_EQ(cudaMalloc(&pixels, images.nbytes()), cudaSuccess);
    ASSERT_EQ(cudaMalloc(&target, expected.nbytes()), cudaSuccess);
    cudaMemcpy(pixels, images.data_ptr(), images.nbytes(), cudaMemcpyHostToDevice);
    EXPECT_EQ(kernels::patch_target(pixels, target, {3, 3, 28, 42, 14, 14}, normalize, nullptr),
              nullptr);
    cudaMemcpy(actual.data_ptr(), target, expected.nbytes(), cudaMemcpyDeviceToHost);
    cudaFree(pixels);
    cudaFree(target);
    EXPECT_LT((actual - expected).abs().max().item<float>(), normalize ? 1e-4f : 1e-30f);
  }
}
#endif

}  // namespace
}  // namespace mae
