// What a classifier said of each sample, as tables for other programs.
#pragma once

#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/ops/tensor.h"

namespace mae {

/// Everything a prediction table needs; refers to the caller's data.
struct PredictionTable {
  const std::vector<std::string>& names;        ///< [N]
  const Tensor& labels;                         ///< [N] int64, -1 where unknown
  const Tensor& probabilities;                  ///< [N, K]; rows sum to 1
  const std::vector<std::string>& class_names;  ///< [K], or empty: classes are shown as numbers
};

/// TSV: name, label, prediction, then one column a class (its name, or p0, p1, ...) with six
/// decimals. Atomic; "-" is standard output.
void write_predictions(const std::string& path, const PredictionTable& table,
                       Overwrite overwrite = Overwrite::kReplace);

/// TSV of counts: a row for each true class, a column for each predicted one. Samples without a
/// label are left out.
void write_confusion(const std::string& path, const PredictionTable& table,
                     Overwrite overwrite = Overwrite::kReplace);

/// TSV: class, samples, correct, accuracy in per cent with four decimals, "-" for a class without
/// samples. Samples without a label are left out.
void write_class_accuracy(const std::string& path, const PredictionTable& table,
                          Overwrite overwrite = Overwrite::kReplace);

/// Mean of the classes' accuracies in per cent, so that rare classes count as much as others;
/// classes without samples are left out. NaN when no sample has a label.
double mean_class_accuracy(const PredictionTable& table);

/// Rows divided by their sums: votes to probabilities.
Tensor normalized_votes(const Tensor& votes);

}  // namespace mae
