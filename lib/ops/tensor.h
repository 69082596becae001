// The tensor type and the shape check used at public edges. Includes ATen's core header only:
// torch/torch.h costs 18 s a file.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace mae {

using at::Tensor;

constexpr int64_t kAny = -1;

/// Throws UsageError "NAME has shape 2 x 3; expected 2 x ANY x 4" unless `tensor` has these
/// dimensions (kAny fits all).
void check_shape(const std::string& name, const Tensor& tensor,
                 const std::vector<int64_t>& expected);

}  // namespace mae
