// A linear layer's weights made ready for inference on this processor: in bfloat16 in the order
// oneDNN multiplies in, or as whole numbers of 8 bits.
#pragma once

#include <memory>

#include "mae/ops/tensor.h"

namespace mae {

enum class Activation { kNone, kGelu };  ///< what follows a product; kGelu is the exact one

class PackedLinear {
 public:
  virtual ~PackedLinear() = default;
  /// x [..., in] float32 or bfloat16, bias [out] or undefined -> [..., out] bfloat16. No gradient.
  virtual Tensor forward(const Tensor& x, const Tensor& bias, Activation activation) const = 0;
};

/// Whether this LibTorch and this processor multiply packed bfloat16, and 8-bit numbers.
bool can_pack_bfloat16();
bool can_pack_int8();

/// weight [out, in] float32
std::shared_ptr<const PackedLinear> pack_bfloat16(const Tensor& weight);

/// What a layer's input looks like, from rows that calibration let through.
struct InputSample {
  Tensor rows;  ///< [n, in] float32
};

/// Weights in 8 bits with a step for each output, inputs with one step for all, after dividing each
/// column of the input by what makes inputs and weights about as large as each other (SmoothQuant,
/// arXiv 2211.10438, section 4, alpha = 0.5). The input's range is the one with the smallest
/// squared rounding error on the sample; what lies outside is cut off.
std::shared_ptr<const PackedLinear> pack_int8(const Tensor& weight, const InputSample& sample);

}  // namespace mae
