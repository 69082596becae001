// Exponential moving average of weights (Polyak averaging), which the paper's training from scratch
// evaluates in place of the weights themselves (MAE, appendix A.2; spec 3.1).
#pragma once

#include "mae/nn/module.h"

namespace mae {

/// Every parameter of `average` becomes decay * itself + (1 - decay) * that of `weights`. Called
/// after each optimizer step. Both modules have the same parameters in the same order.
void update_average(const Module& average, const Module& weights, double decay);

}  // namespace mae
