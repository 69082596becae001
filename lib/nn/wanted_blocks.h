// The outputs of chosen blocks, kept on the way through all of them.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/ops/tensor.h"

namespace mae {

/// Puts x, the output of block `block` counted from 1, wherever `wanted` asks for it; `kept` gets
/// as many places as `wanted` has.
inline void keep_wanted(const std::vector<int64_t>& wanted, int64_t block, const Tensor& x,
                        std::vector<Tensor>* kept) {
  kept->resize(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == block) (*kept)[i] = x;
  }
}

}  // namespace mae
