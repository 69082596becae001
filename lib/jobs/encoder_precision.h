// An encoder made ready to compute in less than float32, and what that does to the features of the
// user's own pictures.
#pragma once

#include <optional>

#include "mae/jobs/feature_extraction.h"

namespace mae {

struct PrecisionOptions {
  int64_t calibration_size = 64;  ///< pictures that show how large the layers' inputs are (int8)
  bool compare = false;           ///< also compute features of some pictures in float32
};

/// Features of the same pictures in float32 and as they will be computed.
struct PrecisionReport {
  int64_t samples = 0;
  double mean_cosine = 1, min_cosine = 1;  ///< of each picture's two features
  /// Share of each picture's 10 nearest among the samples (cosine) that stay its nearest; nothing
  /// for fewer than 3 samples.
  std::optional<double> knn_agreement;
};

/// Packs the model's linear layers for inference.precision; in float32 it does nothing. Calibration
/// and comparison take pictures evenly from the whole input, so that all tasks of a job array do
/// the same. throws ResourceError (no 8-bit products), DataError (a picture cannot be read and
///        skip_bad_images is off, or none can), UsageError (calibration_size < 1)
std::optional<PrecisionReport> prepare_encoder(const Inference& inference,
                                               const InferenceOptions& options,
                                               const FeatureRequest& request,
                                               const PrecisionOptions& precision);

}  // namespace mae
