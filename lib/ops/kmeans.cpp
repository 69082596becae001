// Assignments are made in chunks on several threads; all sums are taken in order.
#include "mae/ops/kmeans.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/min.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>

#include "mae/base/error.h"
#include "mae/ops/serial_chunks.h"

namespace mae {
namespace {

/// Every row's centroid, and the sums that make the next ones.
struct Assignment {
  Tensor labels, distances;  // [N]
  Tensor sums;               // [K, P] float64
  Tensor counts;             // [K] int64
};

Tensor kmeans_plus_plus(const Tensor& rows, const KmeansOptions& options, RandomStream& random,
                        Progress& progress);
int64_t draw_row(const Tensor& weights, RandomStream& random);
Assignment assign(const Tensor& rows, const Tensor& centroids, int threads);
Tensor next_centroids(const Tensor& rows, const Assignment& assignment);

}  // namespace

NearestCentroids nearest_centroids(const Tensor& rows, const Tensor& centroids) {
  check_shape("rows", rows, {kAny, kAny});
  check_shape("centroids", centroids, {kAny, rows.size(1)});
  // |x - c|^2 = |x|^2 + (|c|^2 - 2 x c): the first term does not decide.
  const Tensor scores =
      centroids.square().sum(/*dim=*/1) - 2 * at::matmul(rows, centroids.t());  // [N, K]
  auto [best, labels] = scores.min(/*dim=*/1);
  return {labels, (best + rows.square().sum(/*dim=*/1)).clamp_min(0)};
}

Kmeans fit_kmeans(const Tensor& rows, const KmeansOptions& options, RandomStream& random,
                  Progress& progress) {
  check_shape("rows", rows, {kAny, kAny});
  if (options.codes < 1 || options.codes > rows.size(0)) {
    throw UsageError("is " + std::to_string(options.codes) + "; expected 1 to " +
                         std::to_string(rows.size(0)) + ", the number of patches drawn",
                     "--codes");
  }
  Kmeans kmeans;
  kmeans.centroids = kmeans_plus_plus(rows, options, random, progress);
  Assignment assignment = assign(rows, kmeans.centroids, options.threads);
  progress.begin("k-means", options.max_iterations, "iterations");
  while (!kmeans.converged && kmeans.iterations < options.max_iterations) {
    kmeans.centroids = next_centroids(rows, assignment);
    Assignment next = assign(rows, kmeans.centroids, options.threads);
    kmeans.converged = at::equal(next.labels, assignment.labels);
    assignment = std::move(next);
    progress.update(++kmeans.iterations);
  }
  progress.end();
  kmeans.inertia = assignment.distances.to(at::kDouble).mean().item<double>();
  return kmeans;
}

namespace {

/// Each next centroid is a row drawn with a probability that grows with the squared distance to the
/// nearest one so far.
Tensor kmeans_plus_plus(const Tensor& rows, const KmeansOptions& options, RandomStream& random,
                        Progress& progress) {
  const int64_t N = rows.size(0), K = options.codes;
  Tensor centroids = at::empty({K, rows.size(1)}, at::kFloat);
  Tensor nearest;  // [N] float64, squared distances
  progress.begin("k-means++", K, "codes");
  for (int64_t k = 0; k < K; ++k) {
    const int64_t row = k == 0 ? random.below(N) : draw_row(nearest, random);
    if (row < 0) {
      throw UsageError("is " + std::to_string(K) + ", but only " + std::to_string(k) +
                           " different patches were drawn",
                       "--codes", "use fewer codes, or more --samples");
    }
    centroids[k].copy_(rows[row]);
    Tensor distances = at::empty({N}, at::kDouble);
    for_each_chunk(
        rows, options.threads,
        [&](const Tensor& chunk) {
          return (chunk - centroids[k]).square_().sum(/*dim=*/1, /*keepdim=*/false, at::kDouble);
        },
        [&](int64_t first, const Tensor& part) {
          distances.narrow(/*dim=*/0, first, part.size(0)).copy_(part);
        });
    nearest = nearest.defined() ? at::min(nearest, distances) : distances;
    progress.update(k + 1);
  }
  progress.end();
  return centroids;
}

/// An index by its weight; -1 when all weights are zero.
int64_t draw_row(const Tensor& weights, RandomStream& random) {
  const double* weight = weights.data_ptr<double>();
  const int64_t N = weights.size(0);
  double total = 0;
  for (int64_t i = 0; i < N; ++i) total += weight[i];
  if (!(total > 0)) return -1;
  const double wanted = random.uniform() * total;
  double sum = 0;
  int64_t last = -1;  // rounding may leave `wanted` just above the sum
  for (int64_t i = 0; i < N; ++i) {
    if (weight[i] <= 0) continue;
    sum += weight[i];
    last = i;
    if (sum > wanted) return i;
  }
  return last;
}

Assignment assign(const Tensor& rows, const Tensor& centroids, int threads) {
  const int64_t N = rows.size(0), K = centroids.size(0);
  Assignment all{at::empty({N}, at::kLong), at::empty({N}, at::kFloat),
                 at::zeros({K, rows.size(1)}, at::kDouble), at::zeros({K}, at::kLong)};
  for_each_chunk(
      rows, threads, [&](const Tensor& chunk) { return nearest_centroids(chunk, centroids); },
      [&](int64_t first, const NearestCentroids& part) {
        const int64_t count = part.labels.size(0);
        all.labels.narrow(/*dim=*/0, first, count).copy_(part.labels);
        all.distances.narrow(/*dim=*/0, first, count).copy_(part.distances);
        all.sums.index_add_(/*dim=*/0, part.labels,
                            rows.narrow(/*dim=*/0, first, count).to(at::kDouble));
        all.counts.index_add_(/*dim=*/0, part.labels, at::ones_like(part.labels));
      });
  return all;
}

Tensor next_centroids(const Tensor& rows, const Assignment& assignment) {
  const int64_t K = assignment.counts.size(0);
  const Tensor counts = assignment.counts.clamp_min(1).unsqueeze(1).to(at::kDouble);  // [K, 1]
  Tensor centroids = (assignment.sums / counts).to(at::kFloat);                       // [K, P]
  const int64_t* count = assignment.counts.data_ptr<int64_t>();
  Tensor distances;  // a copy, made when an empty centroid turns up
  for (int64_t k = 0; k < K; ++k) {
    if (count[k] > 0) continue;
    if (!distances.defined()) distances = assignment.distances.clone();
    const int64_t farthest = distances.argmax().item<int64_t>();
    centroids[k].copy_(rows[farthest]);
    distances[farthest].fill_(-1);
  }
  return centroids;
}

}  // namespace
}  // namespace mae
