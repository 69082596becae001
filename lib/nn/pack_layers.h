// All linear layers of a model made ready for inference.
#pragma once

#include <functional>

#include "mae/nn/module.h"

namespace mae {

/// Every linear layer multiplies in bfloat16 from now on. Nothing where this LibTorch cannot pack.
void pack_layers_bfloat16(Module& model);

/// Every linear layer multiplies in 8 bits from now on, with ranges from what `calibrate` sends
/// through the model, in float32.
/// throws ResourceError  this LibTorch has no 8-bit products
void pack_layers_int8(Module& model, const std::function<void()>& calibrate);

}  // namespace mae
