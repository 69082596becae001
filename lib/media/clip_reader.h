// Clips out of a video file or a folder of frames, in one pass: each frame is decoded once and only
// those of unfinished clips are in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mae/media/clip_sampling.h"
#include "mae/media/image_decode.h"

namespace mae {

/// A clip is one tall picture: its frames, of equal size, one below the other. [T * H, W, C]

/// Says which clips are wanted of a video of so many frames (at least 1).
using ClipPlan = std::function<std::vector<FrameList>(int64_t video_frames)>;
/// What becomes of a frame before it is kept; all results have one size. May be empty.
using FrameFit = std::function<Image(const Image& frame)>;
using ClipSink = std::function<void(size_t clip, Image tall)>;

/// Frame t of a clip of T frames.
Image frame_of_clip(const Image& tall, int64_t t, int64_t frames);
/// The clip with every frame changed alike.
Image map_frames(const Image& tall, int64_t frames, const FrameFit& change);
/// Frames of one size, one below the other.
Image stack_frames(const std::vector<Image>& frames);

/// A video's clips, each handed over when its last frame is there. `decode` gives channels (1 or 3;
/// videos have 8 bits) and limits; with decode.confined a confined child decodes.
///
/// The container is asked for the number of frames. Where it says nothing they are counted first,
/// which decodes the video twice. Where fewer come than it said, the clips are planned again for
/// what came, unless more than a tenth is missing.
/// throws DataError  not a video, no frame in it, more than a tenth of its frames missing
void read_video_clips(const std::string& path, const DecodeOptions& decode, const ClipPlan& plan,
                      const FrameFit& fit, const ClipSink& sink);

/// The same of pictures, in the order given, which all have one size.
void read_frame_clips(const std::vector<std::string>& pictures, const DecodeOptions& decode,
                      const ClipPlan& plan, const FrameFit& fit, const ClipSink& sink);

}  // namespace mae
