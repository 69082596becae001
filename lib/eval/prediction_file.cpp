// Tables are written whole or not at all; control characters in names are escaped, so a name cannot
// break a row.
#include "mae/eval/prediction_file.h"

#include <array>
#include <cmath>
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

/// Labelled samples of one class.
struct ClassCount {
  int64_t samples = 0, correct = 0;
  double accuracy() const {
    return 100 * static_cast<double>(correct) / static_cast<double>(samples);
  }
};

std::vector<ClassCount> count_classes(const PredictionTable& table) {
  const Tensor guesses = predicted_classes(table.probabilities);
  const Tensor labels = table.labels.to(at::kCPU).contiguous();
  std::vector<ClassCount> counts(static_cast<size_t>(table.probabilities.size(1)));
  for (int64_t n = 0; n < labels.numel(); ++n) {
    const int64_t label = labels.data_ptr<int64_t>()[n];
    if (label < 0) continue;
    ClassCount& count = counts[static_cast<size_t>(label)];
    ++count.samples;
    count.correct += guesses.data_ptr<int64_t>()[n] == label ? 1 : 0;
  }
  return counts;
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

void write_class_accuracy(const std::string& path, const PredictionTable& table,
                          Overwrite overwrite) {
  std::string text = "class\tsamples\tcorrect\taccuracy\n";
  int64_t index = 0;
  for (const ClassCount& count : count_classes(table)) {
    std::array<char, 32> accuracy{"-"};
    if (count.samples > 0) {
      std::snprintf(accuracy.data(), accuracy.size(), "%.4f", count.accuracy());
    }
    text += class_text(table, index++) + '\t' + std::to_string(count.samples) + '\t' +
            std::to_string(count.correct) + '\t' + accuracy.data() + '\n';
  }
  write_file_atomically(path, text, overwrite);
}

double mean_class_accuracy(const PredictionTable& table) {
  double sum = 0;
  int64_t classes = 0;
  for (const ClassCount& count : count_classes(table)) {
    if (count.samples == 0) continue;
    sum += count.accuracy();
    ++classes;
  }
  return classes > 0 ? sum / static_cast<double>(classes) : std::nan("");
}

}  // namespace mae
