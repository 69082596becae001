// Pictures with known classes and what an encoder makes of them: what the probes that start from
// pictures share.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mae/data/batch_loader.h"
#include "mae/eval/feature_set.h"
#include "mae/models/masked_model.h"
#include "mae/train/masked_pass.h"

namespace mae {

/// Some samples of a data set, with labels and names as probes take them.
struct LabelledPictures {
  std::shared_ptr<const SampleDataset> pictures;
  FeatureSet set;  ///< features [N, 0]: none yet
};

/// Indices of the samples whose label is known, in order.
std::vector<int64_t> labelled_samples(const SampleDataset& dataset);

/// The samples `rows`, whose labels are known. name: of the set, for messages
LabelledPictures choose_pictures(const std::shared_ptr<const SampleDataset>& dataset,
                                 std::vector<int64_t> rows, const std::string& name);

/// A frozen encoder and how pictures reach it. The model is in evaluation mode and outlives this.
struct PictureEncoder {
  MaskedModel& model;
  Placement placement;
  Pool pool = Pool::kCls;
  PixelStats stats;
  int64_t batch_size = 64;  ///< pictures encoded at once
  int threads = 1;          ///< that prepare pictures; 0 = as many as compute
  std::string where, hint;  ///< of the error when features are not finite
};

/// Options of a loader that prepares pictures for it by the published evaluation, in order.
LoaderOptions evaluation_loading(const PictureEncoder& encoder);

/// Pooled features [B, D] float32 on the CPU, nothing hidden, without autograd.
Tensor encode_batch(const PictureEncoder& encoder, const Batch& batch);

/// Pooled features [N, D] of all pictures, prepared by the published evaluation.
/// encoded  called with the number of pictures done, after each batch
/// throws   NumericError  a feature is not finite; Interrupted
Tensor encode_pictures(const PictureEncoder& encoder,
                       const std::shared_ptr<const SampleDataset>& pictures,
                       const std::function<void(int64_t)>& encoded);

}  // namespace mae
