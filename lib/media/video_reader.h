// Frames of a video file, one after the other: the only order that decoders are reliable in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mae/media/image.h"

namespace mae {

/// Whether a file name ends like a video or an animation (.mp4, .AVI, .gif, ...).
bool has_video_ending(const std::string& name);

/// Loads what decodes videos; does nothing the second time. A process that is to be confined calls
/// it before. throws ResourceError  the library is not where the programs look for it
void load_video_decoder();

class VideoReader {
 public:
  /// max_pixels  of a frame
  /// throws DataError  missing, empty, not a video; ResourceError as load_video_decoder
  explicit VideoReader(const std::string& path, int64_t max_pixels);
  ~VideoReader();
  VideoReader(const VideoReader&) = delete;
  VideoReader& operator=(const VideoReader&) = delete;

  /// Frames that the container declares; 0 when it says nothing. Not all containers count: some
  /// estimate by duration and rate, which is wrong where the rate varies.
  int64_t declared_frames() const;
  /// Decodes the next frame without converting it. False at the end, or where decoding fails.
  bool skip();
  /// The next frame, RGB of 8 bits, upright as players show it; nothing where skip() gives false.
  /// throws DataError  it has more than max_pixels, or another size than the frame before
  std::optional<Image> read();

 private:
  std::string path_;
  int64_t max_pixels_;
  Size2d size_{};  // of the frames read
  void* video_ = nullptr;
};

}  // namespace mae
