// Tables are written whole or not at all; control characters in names are escaped, so a name cannot
// break a row.
#include "mae/eval/prediction_file.h"

#include <array>
#include <cstdio>

#include "mae/base/error.h"
#include "mae/train/accuracy.h"

namespace mae {
namespace {

std::string class_text(const PredictionTable& table, int64_t index) {
  if (index < 0) return "-";
  if (table.class_names.empty()) return std::to_string(index);
  return printable(table.class_names[static_cast<size_t>(index)]);
}

}  // namespace

Tensor normalized_votes(const Tensor& votes) {
  return votes / votes.sum(/*dim=*/1, /*keepdim=*/true);
}

void write_predictions(const std::string& path, const PredictionTable& table, Overwrite overwrite) {
  const Tensor probabilities = table.probabilities.to(at::kCPU, at::kDouble).contiguous();
  const Tensor labels = table.labels.to(at::kCPU).contiguous();
  const Tensor guesses = predicted_classes(probabilities);
  const int64_t N = probabilities.size(0), K = probabilities.size(1);
  std::string text = "name\tlabel\tprediction";
  for (int64_t k = 0; k < K; ++k) {
    text += table.class_names.empty() ? "\tp" : "\t";
    text += class_text(table, k);
  }
  text += '\n';
  AtomicFile file(path, overwrite);
  const double* value = probabilities.data_ptr<double>();
  for (int64_t n = 0; n < N; ++n) {
    text += printable(table.names[static_cast<size_t>(n)]) + '\t' +
            class_text(table, labels.data_ptr<int64_t>()[n]) + '\t' +
            class_text(table, guesses.data_ptr<int64_t>()[n]);
    for (int64_t k = 0; k < K; ++k) {
      std::array<char, 32> number{};
      std::snprintf(number.data(), number.size(), "\t%.6f", *value++);
      text += number.data();
    }
    text += '\n';
    if (text.size() > (size_t{1} << 20)) {
      file.write(text);
      text.clear();
    }
  }
  file.write(text);
  file.commit();
}

void write_confusion(const std::string& path, const PredictionTable& table, Overwrite overwrite) {
  const Tensor guesses = predicted_classes(table.probabilities);
  const Tensor labels = table.labels.to(at::kCPU).contiguous();
  const int64_t K = table.probabilities.size(1);
  std::vector<int64_t> counts(static_cast<size_t>(K * K));
  for (int64_t n = 0; n < labels.numel(); ++n) {
    const int64_t label = labels.data_ptr<int64_t>()[n];
    if (label >= 0) ++counts[static_cast<size_t>(label * K + guesses.data_ptr<int64_t>()[n])];
  }
  std::string text = "label";
  for (int64_t k = 0; k < K; ++k) text += '\t' + class_text(table, k);
  text += '\n';
  for (int64_t label = 0; label < K; ++label) {
    text += class_text(table, label);
    for (int64_t k = 0; k < K; ++k) {
      text += '\t' + std::to_string(counts[static_cast<size_t>(label * K + k)]);
    }
    text += '\n';
  }
  write_file_atomically(path, text, overwrite);
}

}  // namespace mae
