// Several views of every clip for testing: segments of the video, crops along its long side
// (VideoMAE, section 4; spec 7.7).
#pragma once

#include <memory>

#include "mae/data/sample_dataset.h"

namespace mae {

struct ViewOptions {
  int64_t segments = 1;  ///< of the time, by test_clip
  int64_t crops = 1;     ///< by test_crop
  int64_t count() const { return segments * crops; }
};

/// The views of the samples, those of one sample one after the other (segment slowest), already of
/// img_size. A video is read in one pass for all its views. Samples keep their order; views are
/// named "NAME@SEGMENT.CROP".
/// throws UsageError  samples are pictures; several segments of shards, which hold one clip of each
std::shared_ptr<const SampleDataset> view_dataset(std::shared_ptr<const SampleDataset> clips,
                                                  const ViewOptions& views, Size2d img_size);

}  // namespace mae
