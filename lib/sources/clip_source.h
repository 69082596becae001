// Clips of videos behind the view of pictures: a sample is one clip, as a tall picture
// (mae/media/clip_reader.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mae/sources/file_source.h"
#include "mae/sources/image_source.h"

namespace mae {

/// Entries are video files and folders of frames, as list_clip_folder and the like give them. The
/// clips of one video are its samples one after the other, named "run.mp4" where there is one of
/// each video, else "run.mp4:0", "run.mp4:1", ...
std::unique_ptr<ImageSource> make_clip_source(const std::string& operand,
                                              std::vector<FileEntry> entries, LabelText kind,
                                              const ClipOptions& clips);

/// Entries of a folder: videos are video files and folders with pictures right in them, whose
/// frames these are by name. Class folders when any of them lies in a subfolder, else no labels.
/// throws DataError  unreadable; nothing of the kind in it
std::vector<FileEntry> list_clip_folder(const std::string& folder);

/// Whether the first thing found in a folder, or a file by its ending, is a video and no picture.
bool is_video_operand(const std::string& path);

}  // namespace mae
