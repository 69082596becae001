// Principal components of the rows of a matrix: the patch space's basis of MAE's Table 1(d).
#pragma once

#include "mae/ops/tensor.h"

namespace mae {

struct Pca {
  Tensor mean;       ///< [P] float32
  Tensor basis;      ///< [K, P] float32, orthonormal rows, largest variance first; of each
                     ///< row the entry of largest magnitude is positive
  Tensor variances;  ///< [K] float32, unbiased, along the rows of basis
  double explained_variance = 0;  ///< share of all variance that the K components hold
};

/// rows  [N, P] of any floating type, on the CPU; sums are taken in float64 and do not depend on
///       `threads`
/// throws UsageError  fewer than 2 rows, `components` not in 1 .. P, or rows that do not vary
Pca fit_pca(const Tensor& rows, int64_t components, int threads = 1);

}  // namespace mae
