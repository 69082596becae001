// What libmae_video.so offers: videos decoded by OpenCV's FFmpeg. It is loaded with the first
// video, since the hundred libraries behind it would make every tool start half as slow again.
// Plain C, so that nothing but these names has to match.
#pragma once

#include <cstdint>

extern "C" {

/// Opens a file by content (never a network address, a playlist or a list of pictures). Null when
/// no decoder takes it.
void* mae_video_open(const char* path);
/// Frames that the container declares, exactly or by its duration; 0 when it says nothing.
int64_t mae_video_declared_frames(void* video);
/// Decodes the next frame and drops it. 0 at the end, or where the data cannot be decoded.
int mae_video_skip(void* video);
/// Decodes the next frame and keeps it for mae_video_copy. 0 as above.
int mae_video_next(void* video, int64_t* height, int64_t* width);
/// Writes the kept frame: [H, W, 3] RGB.
void mae_video_copy(void* video, uint8_t* rgb);
void mae_video_close(void* video);
}
