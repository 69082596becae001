// Tensors of random numbers that are the same everywhere.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "mae/base/random_stream.h"

namespace mae::test {

/// Uniform numbers in [-1, 1), float64; others for another `sample`.
inline at::Tensor random_tensor(at::IntArrayRef shape, uint64_t sample) {
  RandomStream random(9, "random-tensor", 0, sample);
  at::Tensor tensor = at::empty(shape, at::kDouble);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = random.uniform(-1, 1);
  return tensor;
}

}  // namespace mae::test
