// How well the encoder under training tells classes apart: k-NN on the features of a part of the
// pictures.
#pragma once

#include <memory>
#include <string>

#include "mae/base/progress.h"
#include "mae/train/pretrain.h"

namespace mae {

struct EncoderProbeOptions {
  int64_t samples = 5000;  ///< most of each set; a larger one is represented by so many drawn ones
  int64_t k = 20;          ///< neighbours, cut to the training samples
  int64_t batch_size = 64;
  int threads = 1;  ///< that prepare pictures; 0 = as many as compute
  PixelStats stats;
  uint64_t seed = 0;                        ///< of the draw, which is the same after every epoch
  std::string train_name, validation_name;  ///< for messages
};

/// A probe for pretrain(): pictures are prepared by the published evaluation, nothing is hidden,
/// the patch tokens are averaged, and the validation pictures take the classes of their nearest
/// training pictures by cosine similarity: top-1 in per cent. Samples without a label are left out.
/// progress  must outlive the probe
/// throws    DataError  a set has no labels at all, or the classes of the two differ; and, called,
///           NumericError  features are not finite; Interrupted
EncoderProbe make_encoder_probe(std::shared_ptr<const SampleDataset> train,
                                std::shared_ptr<const SampleDataset> validation,
                                const EncoderProbeOptions& options, Progress& progress);

}  // namespace mae
