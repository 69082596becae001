// Clips of a stranger's video, decoded in a confined child. Private to media.
#pragma once

#include <string>

#include "mae/media/clip_reader.h"

namespace mae {

/// As read_video_clips, which the child runs; `plan` and `fit` run there, `sink` here. What comes
/// back is believed as little as the video: shapes are checked before memory is taken.
/// throws DataError  also when the child crashed or took too much time or memory
void read_clips_confined(const std::string& path, const DecodeOptions& decode, const ClipPlan& plan,
                         const FrameFit& fit, const ClipSink& sink);

}  // namespace mae
