// Patches straight from stored pixels equal normalising, patchify and gathering; where there is a
// GPU, so does the CUDA half, whose arithmetic the CPU's half shares.
#include "mae/ops/masked_patches.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <gtest/gtest.h>

#include <tuple>

#include "mae/base/error.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patchify.h"

#ifdef MAE_WITH_CUDA
#include <cuda_runtime.h>

#include "mae/ops/kernels/masked_patches.h"
#endif

namespace mae {
namespace {

struct World {
  StoredPixels pixels;
  Tensor ids_keep, ids_hidden, images;  // images [B, C, H, W] float32, normalised
  Size2d patch_size;
};

World random_world(int bits, int64_t B, int64_t C, Size2d grid, Size2d patch, int64_t visible) {
  const int64_t values = int64_t{1} << bits, L = grid.area();
  World world;
  const Tensor drawn =
      at::randint(values, {B, grid.height * patch.height, grid.width * patch.width, C}, at::kLong);
  world.pixels.samples = drawn.to(bits == 8 ? at::kByte : at::kUInt16);
  world.pixels.table = at::rand({C, values}) * 4 - 2;
  const Tensor order = at::rand({B, L}).argsort(/*dim=*/int64_t{1});
  world.ids_keep = order.slice(1, 0, visible);
  world.ids_hidden = order.slice(1, visible);
  world.images = at::empty({B, C, drawn.size(1), drawn.size(2)});
  for (int64_t c = 0; c < C; ++c)
    world.images.select(1, c).copy_(world.pixels.table[c]
                                        .index_select(0, drawn.select(3, c).flatten())
                                        .view_as(drawn.select(3, c)));
  world.patch_size = patch;
  return world;
}

/// Patches with the channel slowest.
Tensor kernel_order(const Tensor& patches, int64_t channels) {
  return patches.unflatten(2, {-1, channels}).transpose(2, 3).flatten(2);
}

TEST(MaskedPatches, EqualTheWayOverImages) {
  for (const auto& [bits, C, grid, patch] :
       {std::tuple(8, 3, Size2d{3, 4}, Size2d{4, 6}), std::tuple(8, 1, Size2d{5, 2}, Size2d{3, 1}),
        std::tuple(16, 2, Size2d{2, 2}, Size2d{5, 7}),
        std::tuple(8, 3, Size2d{2, 3}, Size2d{16, 16})}) {
    const World w = random_world(bits, 3, C, grid, patch, grid.area() / 2 + 1);
    for (const bool norm_pix_loss : {false, true}) {
      const MaskedPatches made =
          masked_patches(w.pixels, w.ids_keep, w.ids_hidden, patch, norm_pix_loss);
      const Tensor patches = patchify(w.images, patch);
      EXPECT_TRUE(at::equal(made.visible, kernel_order(gather_tokens(patches, w.ids_keep), C)));
      const Tensor target = gather_tokens(patches, w.ids_hidden);
      if (!norm_pix_loss) {
        EXPECT_TRUE(at::equal(made.target, target));
        continue;
      }
      const Tensor exact = normalize_patches(target.to(at::kDouble));
      EXPECT_LT((made.target - exact).abs().max().item<double>(), 2e-5);
    }
  }
}

TEST(MaskedPatches, AFlatPatchBecomesZeros) {
  World w = random_world(8, 1, 3, {2, 2}, {4, 4}, 1);
  w.pixels.samples.fill_(77);
  w.pixels.table.fill_(0.25);
  const Tensor target = masked_patches(w.pixels, w.ids_keep, w.ids_hidden, {4, 4}, true).target;
  EXPECT_EQ(target.abs().max().item<float>(), 0) << "deviation 0 must not become infinite";
}

TEST(MaskedPatches, RefusesWhatDoesNotFit) {
  const World w = random_world(8, 2, 3, {2, 2}, {4, 4}, 1);
  const auto make = [&](const StoredPixels& pixels, const Tensor& keep, Size2d patch) {
    return masked_patches(pixels, keep, w.ids_hidden, patch, false);
  };
  EXPECT_NO_THROW(make(w.pixels, w.ids_keep, {4, 4}));
  EXPECT_THROW(make(w.pixels, w.ids_keep, {3, 4}), UsageError);
  EXPECT_THROW(make(w.pixels, w.ids_keep, {0, 4}), UsageError);
  EXPECT_THROW(make(w.pixels, at::full({2, 1}, 4, at::kLong), {4, 4}), UsageError);
  EXPECT_THROW(make(w.pixels, at::full({2, 1}, -1, at::kLong), {4, 4}), UsageError);
  EXPECT_THROW(make({w.pixels.samples, w.pixels.table.slice(0, 1)}, w.ids_keep, {4, 4}),
               UsageError);
  EXPECT_THROW(make({w.pixels.samples.to(at::kShort), w.pixels.table}, w.ids_keep, {4, 4}),
               UsageError);
}

#ifdef MAE_WITH_CUDA
/// Device memory that holds a tensor's values.
template <typename T>
struct OnDevice {
  explicit OnDevice(const Tensor& from) : bytes(from.nbytes()) {
    EXPECT_EQ(cudaMalloc(&data, bytes), cudaSuccess);
    cudaMemcpy(data, from.data_ptr(), bytes, cudaMemcpyHostToDevice);
  }
  ~OnDevice() { cudaFree(data); }
  void read(const Tensor& to) { cudaMemcpy(to.data_ptr(), data, bytes, cudaMemcpyDeviceToHost); }
  T* data = nullptr;
  size_t bytes;
};

TEST(MaskedPatches, CudaHalfEqualsTheOther) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) GTEST_SKIP() << "no CUDA device";
  for (const int bits : {8, 16}) {
    const World w = random_world(bits, 5, 3, {3, 3}, {14, 14}, 2);
    const MaskedPatches expected =
        masked_patches(w.pixels, w.ids_keep, w.ids_hidden, {14, 14}, true);
    const Tensor visible = at::empty_like(expected.visible),
                 target = at::empty_like(expected.target);
    OnDevice<char> samples(w.pixels.samples.contiguous());
    OnDevice<float> table(w.pixels.table.contiguous()), seen(visible), hidden(target);
    OnDevice<int64_t> keep(w.ids_keep.contiguous()), rest(w.ids_hidden.contiguous());
    EXPECT_EQ(kernels::masked_patches_cuda({samples.data, bits / 8, table.data, keep.data,
                                            rest.data, true, seen.data, hidden.data},
                                           {5, 3, 42, 42, 14, 14, 2, 7}, nullptr),
              nullptr);
    seen.read(visible);
    hidden.read(target);
    EXPECT_TRUE(at::equal(visible, expected.visible));
    EXPECT_LT((target - expected.target).abs().max().item<float>(), 1e-4F);
  }
}
#endif

}  // namespace
}  // namespace mae
