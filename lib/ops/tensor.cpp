// Words for shapes.
#include "mae/ops/tensor.h"

#include "mae/base/error.h"

namespace mae {
namespace {

template <typename Shape>
std::string words(const Shape& shape) {
  std::string text;
  for (const int64_t size : shape) {
    if (!text.empty()) text += " x ";
    text += size == kAny ? "any" : std::to_string(size);
  }
  return text.empty() ? "a scalar" : text;
}

}  // namespace

void check_shape(const std::string& name, const Tensor& tensor,
                 const std::vector<int64_t>& expected) {
  bool fits = tensor.defined() && tensor.dim() == static_cast<int64_t>(expected.size());
  for (size_t i = 0; fits && i < expected.size(); ++i) {
    fits = expected[i] == kAny || expected[i] == tensor.size(static_cast<int64_t>(i));
  }
  if (fits) return;
  const std::string found = tensor.defined() ? words(tensor.sizes()) : "nothing";
  throw UsageError(name + " has shape " + found + "; expected " + words(expected));
}

}  // namespace mae
