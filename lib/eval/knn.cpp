// Similarities by matrix product, neighbours by a heap for each test row: exact, and with ties
// settled by position, which a library's top-k leaves open.
#include "mae/eval/knn.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/train/accuracy.h"

namespace mae {
namespace {

constexpr int64_t kSimilaritiesAtOnce = int64_t{16} << 20;

using Neighbour = std::pair<float, int64_t>;  // similarity, row of the training set

bool is_nearer(const Neighbour& a, const Neighbour& b) {
  return a.first > b.first || (a.first == b.first && a.second < b.second);
}

void check_options(const KnnOptions& options, int64_t samples) {
  if (options.k.empty()) throw UsageError("no number of neighbours given", "--k");
  for (const int64_t k : options.k) {
    if (k < 1 || k > samples) {
      throw UsageError("expected 1 to " + std::to_string(samples) +
                           " (the training samples), got " + std::to_string(k),
                       "--k");
    }
  }
  if (!(options.temperature > 0) || !std::isfinite(options.temperature)) {
    throw UsageError("expected a positive number, got " + std::to_string(options.temperature),
                     "--temperature");
  }
}

/// Rows of length 1; a row of zeros stays zero.
Tensor unit_rows(const Tensor& x) {
  return x / x.square().sum(/*dim=*/1, /*keepdim=*/true).sqrt_().clamp_min_(1e-12);
}

/// The k nearest of one row of similarities [n], nearest first.
std::vector<Neighbour> nearest(const float* similarity, int64_t n, int64_t k) {
  std::vector<Neighbour> heap;  // the farthest of those kept is in front
  heap.reserve(static_cast<size_t>(k));
  for (int64_t i = 0; i < k; ++i) heap.emplace_back(similarity[i], i);
  std::make_heap(heap.begin(), heap.end(), is_nearer);
  for (int64_t i = k; i < n; ++i) {
    if (!(similarity[i] > heap.front().first)) continue;  // a later equal one is not nearer
    std::pop_heap(heap.begin(), heap.end(), is_nearer);
    heap.back() = {similarity[i], i};
    std::push_heap(heap.begin(), heap.end(), is_nearer);
  }
  std::sort_heap(heap.begin(), heap.end(), is_nearer);
  return heap;
}

}  // namespace

std::vector<Predictions> knn(const FeatureSet& train, const FeatureSet& test, int64_t classes,
                             const KnnOptions& options) {
  const int64_t n = train.features.size(0), N = test.features.size(0);
  check_options(options, n);
  const at::NoGradGuard no_grad;
  const int64_t k_max = *std::max_element(options.k.begin(), options.k.end());
  const Tensor keys = unit_rows(train.features).t();  // [D, n]
  const Tensor train_labels = train.labels.contiguous();
  const int64_t* label = train_labels.data_ptr<int64_t>();
  std::vector<Predictions> results(options.k.size());
  for (Predictions& result : results) result.logits = at::zeros({N, classes}, at::kFloat);

  const int64_t rows_at_once = std::max<int64_t>(kSimilaritiesAtOnce / n, 1);
  for (int64_t first = 0; first < N; first += rows_at_once) {
    check_interrupt();
    const int64_t rows = std::min(rows_at_once, N - first);
    const Tensor similarity =
        unit_rows(test.features.narrow(0, first, rows)).matmul(keys).contiguous();  // [rows, n]
    const float* value = similarity.data_ptr<float>();
    at::parallel_for(0, rows, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const std::vector<Neighbour> found = nearest(value + row * n, n, k_max);
        for (size_t r = 0; r < results.size(); ++r) {
          float* votes = results[r].logits.data_ptr<float>() + (first + row) * classes;
          for (int64_t i = 0; i < options.k[r]; ++i) {
            const Neighbour& neighbour = found[static_cast<size_t>(i)];
            const double gap = static_cast<double>(neighbour.first) - found.front().first;
            votes[label[neighbour.second]] +=
                static_cast<float>(std::exp(gap / options.temperature));
          }
        }
      }
    });
  }
  for (Predictions& result : results) {
    const Accuracy accuracy = accuracy_of(label_ranks(result.logits, test.labels));
    result.top1 = accuracy.top1;
    result.top5 = accuracy.top5;
  }
  return results;
}

}  // namespace mae
