// Drawn sample by sample, stored block by block.
#include "mae/train/drop_path.h"

#include <ATen/ops/empty.h>

#include "mae/base/random_stream.h"

namespace mae {

Tensor draw_drop_path(int64_t depth, uint64_t seed, uint32_t epoch,
                      const std::vector<uint64_t>& ids) {
  const auto B = static_cast<int64_t>(ids.size());
  const Tensor uniform = at::empty({depth, 2, B}, at::kFloat);
  float* out = uniform.data_ptr<float>();
  for (int64_t b = 0; b < B; ++b) {
    RandomStream random(seed, "drop_path", epoch, ids[static_cast<size_t>(b)]);
    for (int64_t branch = 0; branch < 2 * depth; ++branch) {
      out[branch * B + b] = random.uniform_float();
    }
  }
  return uniform;
}

}  // namespace mae
