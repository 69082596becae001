// Where reconstructions go: a shard, one PNG, a folder of PNGs or an HTML report.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/data/sample_dataset.h"
#include "mae/jobs/job_support.h"
#include "mae/report/html_report.h"
#include "mae/report/patch_picture.h"

namespace mae {

/// One sample on its way out; the rows belong to the batch.
struct ReconstructedSample {
  int64_t index = 0;                        ///< in the data set
  const uint8_t* original = nullptr;        ///< [L, P]
  const uint8_t* reconstruction = nullptr;  ///< [L, P], the original where visible
  const float* error = nullptr;             ///< [L]
  std::vector<uint8_t> mask;                ///< [L] 1 = hidden
  std::vector<ReportWord> words;            ///< of its caption, where the model reads them
  double mse = 0, psnr = 0, ssim = 0;  ///< mse: hidden pixels, not a number when none is hidden
};

/// What all outputs need to know before the first sample.
struct ReconstructionContext {
  JobOutput output;
  const SampleDataset* dataset = nullptr;
  PatchLayout layout;
  nlohmann::json mask_attributes = nlohmann::json::object();
  std::string patch_stats;  ///< "visible" or "truth", or empty for models of raw pixels
  std::string model;        ///< the checkpoint operand
  Provenance provenance;
};

/// Means over all samples, for the report.
struct ReconstructionFigures {
  int64_t samples = 0;
  double masked_mse = 0, psnr = 0, ssim = 0;
  double word_accuracy =
      std::numeric_limits<double>::quiet_NaN();  ///< share of hidden words that were guessed
};

class ReconstructionOutput {
 public:
  virtual ~ReconstructionOutput() = default;
  virtual void add(const ReconstructedSample& sample) = 0;
  /// Nothing appears under the output's name before this (in a folder: nothing but finished
  /// pictures).
  virtual void commit(const ReconstructionFigures& figures) = 0;
};

/// The output that the file name asks for (output_kind). Throws UsageError, ResourceError.
std::unique_ptr<ReconstructionOutput> make_reconstruction_output(
    const ReconstructionContext& context);

/// Each kind in its own file.
std::unique_ptr<ReconstructionOutput> make_shard_output(const ReconstructionContext& context);
std::unique_ptr<ReconstructionOutput> make_sheet_output(const ReconstructionContext& context);
std::unique_ptr<ReconstructionOutput> make_folder_output(const ReconstructionContext& context);
std::unique_ptr<ReconstructionOutput> make_html_output(const ReconstructionContext& context);

/// Name of a sample's picture in a folder: its number and its name without folders, suffix and
/// unusual characters.
std::string picture_name(int64_t index, const std::string& sample_name);

/// The class a sample is labelled with, or "".
std::string label_text(const SampleDataset& dataset, int64_t index);

/// Loss against epochs from the log.jsonl that lies beside the checkpoint; empty when there is
/// none.
std::vector<Chart> training_charts(const std::string& model);

}  // namespace mae
