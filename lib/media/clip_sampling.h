// Which frames of a video make a clip (VideoMAE, appendix; spec 7.6 and 7.7). Frames are counted,
// not timed: where the rate varies a clip follows the frames. Videos too short for a clip repeat
// their last frame.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/base/random_stream.h"

namespace mae {

/// A clip spans frames * stride frames of the video.
struct ClipShape {
  int64_t frames = 16;  ///< T
  int64_t stride = 4;   ///< frames of the video from one of the clip to the next
  int64_t span() const { return frames * stride; }
};

/// Indices of a clip's frames, rising, T of them.
using FrameList = std::vector<int64_t>;

/// start, start + stride, ...; stands still where the next step would leave the video.
FrameList strided_clip(const ClipShape& shape, int64_t video_frames, int64_t start);
/// Pretraining: a strided clip that starts anywhere in [0, n - span], at 0 in shorter videos.
FrameList random_clip(const ClipShape& shape, int64_t video_frames, RandomStream& random);
/// Where the k-th of `count` clips spread evenly over the video starts; one lies in its middle.
int64_t spread_start(const ClipShape& shape, int64_t video_frames, int64_t k, int64_t count);

/// Fine-tuning as for Kinetics: linspace over a window of `span` frames that ends anywhere; the
/// stride is 4.27 rather than 4 for 16 frames, as published. Shorter videos: linspace over the
/// whole, n / stride of them, then the last frame.
FrameList dense_clip(const ClipShape& shape, int64_t video_frames, RandomStream& random);
/// Fine-tuning as for Something-Something (TSN): a random frame of each of T equal segments.
FrameList segment_clip(const ClipShape& shape, int64_t video_frames, RandomStream& random);

/// Test: every stride-th frame of the video, of which segment s of `segments` takes T from
/// int(s * (n' - T) / (segments - 1)); the middle ones where there is one segment.
FrameList test_clip(const ClipShape& shape, int64_t video_frames, int64_t segment,
                    int64_t segments);

}  // namespace mae
