// Clips fill up as frames go by. The confined way runs the same code in a child, which sends
// finished clips.
#include "mae/media/clip_reader.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/media/confined_clips.h"
#include "mae/media/image_convert.h"
#include "mae/media/video_reader.h"

namespace mae {
namespace {

/// Frames by rising index. Nothing where the video has ended before.
using FrameSource = std::function<std::optional<Image>(int64_t index)>;

/// Places that one frame has in clips.
using Places = std::map<int64_t, std::vector<std::pair<size_t, int64_t>>>;  // frame -> clip, t

Places places_of(const std::vector<FrameList>& clips) {
  Places places;
  for (size_t c = 0; c < clips.size(); ++c) {
    for (size_t t = 0; t < clips[c].size(); ++t)
      places[clips[c][t]].emplace_back(c, static_cast<int64_t>(t));
  }
  return places;
}

/// The clips under way.
class Assembly {
 public:
  Assembly(const std::vector<FrameList>& clips, const std::string& where)
      : clips_(clips), where_(where), tall_(clips.size()), missing_(clips.size()) {
    for (size_t c = 0; c < clips.size(); ++c) missing_[c] = static_cast<int64_t>(clips[c].size());
  }

  void put(size_t clip, int64_t t, const Image& frame, const ClipSink& sink) {
    Image& tall = tall_[clip];
    const auto frames = static_cast<int64_t>(clips_[clip].size());
    if (tall.bytes.empty()) {
      tall = {frame.height * frames, frame.width, frame.channels, frame.bit_depth, {}};
      tall.bytes.resize(frame.bytes.size() * static_cast<size_t>(frames));
    }
    if (tall.height != frame.height * frames || tall.width != frame.width ||
        tall.channels != frame.channels) {
      throw DataError("its frames differ in size", where_, "give frames of one size");
    }
    std::memcpy(tall.bytes.data() + static_cast<size_t>(t) * frame.bytes.size(), frame.bytes.data(),
                frame.bytes.size());
    if (--missing_[clip] == 0) sink(clip, std::exchange(tall, Image()));
  }

 private:
  const std::vector<FrameList>& clips_;
  std::string where_;
  std::vector<Image> tall_;
  std::vector<int64_t> missing_;
};

/// False when the frames ended before the last one wanted.
bool assemble(const std::vector<FrameList>& clips, const FrameSource& frames, const FrameFit& fit,
              const std::string& where, const ClipSink& sink) {
  Assembly assembly(clips, where);
  for (const auto& [index, places] : places_of(clips)) {
    std::optional<Image> frame = frames(index);
    if (!frame) return false;
    if (fit) frame = fit(*frame);
    for (const auto& [clip, t] : places) assembly.put(clip, t, *frame, sink);
  }
  return true;
}

/// One pass over a video.
class Pass {
 public:
  Pass(const std::string& path, const DecodeOptions& decode)
      : video_(path, decode.max_pixels), channels_(decode.channels) {}

  int64_t declared_frames() const { return video_.declared_frames(); }
  int64_t count() {
    while (video_.skip()) ++next_;
    return next_;
  }
  /// Frames that are known to exist: those that went by.
  int64_t seen() const { return next_; }
  std::optional<Image> frame(int64_t index) {
    for (; next_ < index; ++next_) {
      if (!video_.skip()) return std::nullopt;
    }
    std::optional<Image> frame = video_.read();
    if (!frame) return std::nullopt;
    ++next_;
    return channels_ == 3 ? std::move(*frame) : convert_image(std::move(*frame), channels_, 8);
  }

 private:
  VideoReader video_;
  int64_t channels_;
  int64_t next_ = 0;
};

void check_found(int64_t found, int64_t declared, const std::string& path) {
  if (found == 0) {
    throw DataError("not one frame of the video can be decoded", path,
                    "it is damaged, or its codec is not known here");
  }
  constexpr int64_t kTenth = 10;
  if (declared - found > declared / kTenth) {
    throw DataError("only " + std::to_string(found) + " of the " + std::to_string(declared) +
                        " frames that the video declares can be decoded",
                    path, "it is cut off or damaged; copy or encode it again");
  }
}

/// The pass when the declared number was right, which it mostly is.
bool read_as_declared(const std::string& path, const DecodeOptions& decode, const ClipPlan& plan,
                      const FrameFit& fit, const ClipSink& sink, int64_t* found) {
  Pass pass(path, decode);
  const int64_t declared = pass.declared_frames();
  if (declared > 0) {
    // Finished clips wait for the last one: a plan for fewer frames would be another one.
    std::vector<std::pair<size_t, Image>> done;
    const bool whole = assemble(
        plan(declared), [&](int64_t index) { return pass.frame(index); }, fit, path,
        [&](size_t clip, Image tall) { done.emplace_back(clip, std::move(tall)); });
    if (whole) {
      for (auto& [clip, tall] : done) sink(clip, std::move(tall));
      return true;
    }
    *found = pass.seen();
  } else {
    *found = pass.count();
  }
  check_found(*found, declared, path);
  return false;
}

}  // namespace

Image frame_of_clip(const Image& tall, int64_t t, int64_t frames) {
  const int64_t height = tall.height / frames;
  return crop(tall, {t * height, 0, height, tall.width});
}

Image map_frames(const Image& tall, int64_t frames, const FrameFit& change) {
  if (frames == 1) return change(tall);
  std::vector<Image> changed;
  for (int64_t t = 0; t < frames; ++t) changed.push_back(change(frame_of_clip(tall, t, frames)));
  return stack_frames(changed);
}

Image stack_frames(const std::vector<Image>& frames) {
  Image tall = frames.front();
  tall.height *= static_cast<int64_t>(frames.size());
  tall.bytes.reserve(frames.front().bytes.size() * frames.size());
  for (size_t i = 1; i < frames.size(); ++i)
    tall.bytes.insert(tall.bytes.end(), frames[i].bytes.begin(), frames[i].bytes.end());
  return tall;
}

void read_video_clips(const std::string& path, const DecodeOptions& decode, const ClipPlan& plan,
                      const FrameFit& fit, const ClipSink& sink) {
  if (decode.channels != 1 && decode.channels != 3) {
    throw UsageError("videos are read with 1 or 3 channels, got " + std::to_string(decode.channels),
                     "--channels");
  }
  if (decode.bit_depth != 8) {
    throw UsageError("videos are read with 8 bits, got " + std::to_string(decode.bit_depth),
                     "--bit-depth");
  }
  if (decode.confined) return read_clips_confined(path, decode, plan, fit, sink);
  int64_t found = 0;
  if (read_as_declared(path, decode, plan, fit, sink, &found)) return;
  Pass pass(path, decode);
  const bool whole = assemble(
      plan(found), [&](int64_t index) { return pass.frame(index); }, fit, path, sink);
  if (!whole) throw DataError("the video reads differently each time", path, "encode it again");
}

void read_frame_clips(const std::vector<std::string>& pictures, const DecodeOptions& decode,
                      const ClipPlan& plan, const FrameFit& fit, const ClipSink& sink) {
  const auto frame = [&](int64_t index) -> std::optional<Image> {
    const std::string& path = pictures[static_cast<size_t>(index)];
    return decode_image(read_file(path), path, decode);
  };
  assemble(plan(static_cast<int64_t>(pictures.size())), frame, fit, pictures.front(), sink);
}

}  // namespace mae
