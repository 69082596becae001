// The covariance matrix is summed up in chunks, then LAPACK's symmetric eigenvalues.
#include "mae/ops/pca.h"

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "mae/base/error.h"
#include "mae/ops/serial_chunks.h"

namespace mae {
namespace {

Tensor mean_of(const Tensor& rows, int threads) {
  Tensor sum = at::zeros({rows.size(1)}, at::kDouble);
  for_each_chunk(
      rows, threads, [](const Tensor& chunk) { return chunk.to(at::kDouble).sum(/*dim=*/0); },
      [&](int64_t, const Tensor& part) { sum += part; });
  return sum / static_cast<double>(rows.size(0));
}

Tensor covariance_of(const Tensor& rows, const Tensor& mean, int threads) {
  Tensor sum = at::zeros({rows.size(1), rows.size(1)}, at::kDouble);
  for_each_chunk(
      rows, threads,
      [&](const Tensor& chunk) {
        const Tensor centred = chunk.to(at::kDouble) - mean;
        return at::matmul(centred.t(), centred);  // [P, P]
      },
      [&](int64_t, const Tensor& part) { sum += part; });
  return sum / static_cast<double>(rows.size(0) - 1);
}

// An eigenvector's sign is LAPACK's choice; this makes it everybody's.
Tensor fix_signs(const Tensor& basis) {
  const Tensor largest = basis.abs().argmax(/*dim=*/1, /*keepdim=*/true);  // [K, 1]
  return basis * basis.gather(/*dim=*/1, largest).sign();
}

}  // namespace

Pca fit_pca(const Tensor& rows, int64_t components, int threads) {
  check_shape("rows", rows, {kAny, kAny});
  const int64_t N = rows.size(0), P = rows.size(1);
  if (components < 1 || components > P) {
    throw UsageError("is " + std::to_string(components) + "; expected 1 to " + std::to_string(P) +
                         ", the numbers of a patch",
                     "--components");
  }
  if (N < 2) throw UsageError("principal components need at least 2 patches", "--samples");
  Pca pca;
  const Tensor mean = mean_of(rows, threads);
  const Tensor covariance = covariance_of(rows, mean, threads);
  const double total = covariance.diagonal().sum().item<double>();
  if (!(total > 0)) {
    throw UsageError("the patches are all equal: there are no principal components", "--samples");
  }
  const int before = at::get_num_threads();
  at::set_num_threads(1);  // the last bits must not depend on the number of threads
  auto [values, vectors] = at::linalg_eigh(covariance);  // ascending; vectors are columns
  at::set_num_threads(before);
  const Tensor kept = values.flip(0).slice(/*dim=*/0, 0, components).clamp_min(0);  // [K]
  const Tensor basis = vectors.t().flip(0).slice(/*dim=*/0, 0, components);         // [K, P]
  pca.mean = mean.to(at::kFloat);
  pca.basis = fix_signs(basis).to(at::kFloat).contiguous();
  pca.variances = kept.to(at::kFloat).contiguous();
  pca.explained_variance = kept.sum().item<double>() / total;
  return pca;
}

}  // namespace mae
