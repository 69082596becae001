// Element types that shards and checkpoints can hold, without LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mae {

enum class ElementType {
  kBool,
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kInt32,
  kInt64,
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64
};

int64_t element_size(ElementType type);      ///< bytes
std::string element_name(ElementType type);  ///< "uint8", "float32", ... as numpy and PyTorch say

/// Product of dimensions; throws DataError naming `where` when one is negative or the product
/// overflows.
int64_t element_count(const std::vector<int64_t>& shape, const std::string& where);

/// "8 x 196 x 768"
std::string shape_text(const std::vector<int64_t>& shape);

}  // namespace mae
