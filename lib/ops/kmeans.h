// k-means of the rows of a matrix: the built-in tokenizer of patches, beside MAE's Table 1(d).
#pragma once

#include "mae/base/progress.h"
#include "mae/base/random_stream.h"
#include "mae/ops/tensor.h"

namespace mae {

struct NearestCentroids {
  Tensor labels;     ///< [N] int64; of equally near ones any, always the same
  Tensor distances;  ///< [N], squared
};

/// rows [N, P] and centroids [K, P] of one floating type, on one device.
NearestCentroids nearest_centroids(const Tensor& rows, const Tensor& centroids);

struct KmeansOptions {
  int64_t codes = 512;           ///< centroids
  int64_t max_iterations = 100;  ///< most passes of Lloyd's algorithm
  int threads = 1;               ///< never changes a result
};

struct Kmeans {
  Tensor centroids;        ///< [K, P] float32
  double inertia = 0;      ///< mean squared distance of a row to its centroid
  int64_t iterations = 0;  ///< passes made
  bool converged = false;  ///< no row changed its centroid in the last pass
};

/// Lloyd's algorithm from a k-means++ start (Arthur and Vassilvitskii 2007). A centroid that loses
/// all its rows starts again at the row farthest from its own.
/// rows    [N, P] float32 on the CPU
/// random  the draws of the start
/// throws  UsageError  fewer different rows than codes; Interrupted
Kmeans fit_kmeans(const Tensor& rows, const KmeansOptions& options, RandomStream& random,
                  Progress& progress);

}  // namespace mae
