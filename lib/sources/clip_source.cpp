// A video's clips are read in one pass and kept until all of them were asked for, so that each
// frame is decoded once whichever thread wants which clip.
#include "mae/sources/clip_source.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <list>
#include <mutex>
#include <set>
#include <utility>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/log.h"
#include "mae/media/clip_reader.h"
#include "mae/media/video_reader.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> frames_in(const std::string& folder) {
  std::vector<std::string> frames;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name[0] != '.' && has_image_ending(name)) frames.push_back(folder + "/" + name);
  }
  check_listing(error, folder);
  std::sort(frames.begin(), frames.end());
  return frames;
}

/// Clips of the last few videos, each made by whoever asks first.
class ClipCache {
 public:
  using Clips = std::shared_ptr<const std::vector<Image>>;

  Clips get(size_t video, const std::function<std::vector<Image>()>& read) {
    std::promise<Clips> promise;
    std::shared_future<Clips> future;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [known, clips] : kept_) {
        if (known == video) future = clips;
      }
      if (!future.valid()) {
        kept_.emplace_front(video, promise.get_future().share());
        if (kept_.size() > kMostVideos) kept_.pop_back();
      }
    }
    if (future.valid()) return future.get();
    try {
      const auto clips = std::make_shared<const std::vector<Image>>(read());
      promise.set_value(clips);
      return clips;
    } catch (...) {
      promise.set_exception(std::current_exception());
      throw;
    }
  }

 private:
  static constexpr size_t kMostVideos = 32;  // more than threads work on at once
  std::mutex mutex_;
  std::list<std::pair<size_t, std::shared_future<Clips>>> kept_;
};

class ClipSource : public ImageSource {
 public:
  ClipSource(std::vector<SourceItem> items, std::vector<std::string> class_names, SourcePart part,
             std::vector<std::string> paths, const ClipOptions& clips)
      : ImageSource(std::move(items), std::move(class_names), {std::move(part)}),
        paths_(std::move(paths)),
        clips_(clips) {}

  /// A digest stands for the bytes, of which a long video has more than memory.
  std::string read(int64_t i) const override {
    const std::string& path = paths_[video(i)];
    if (!fs::is_directory(path)) return digest_of_file(path);
    std::string digests;
    for (const std::string& frame : frames_in(path)) digests += digest_of_file(frame) + "\n";
    return digests;
  }

  Image decode(int64_t i, const std::string&, const DecodeOptions& options) const override {
    const auto clip = static_cast<size_t>(i % clips_.per_video);
    if (clips_.per_video == 1) return read_clips(video(i), options).front();
    return cache_.get(video(i), [&] { return read_clips(video(i), options); })->at(clip);
  }

  std::vector<Image> decode_clips(int64_t i, const DecodeOptions& options,
                                  const ClipPlan& plan) const override {
    return read_planned(paths_[video(i)], options, plan, clips_.fit);
  }

  std::string where(int64_t i) const override { return paths_[video(i)]; }

 private:
  size_t video(int64_t i) const { return static_cast<size_t>(i / clips_.per_video); }

  std::vector<Image> read_clips(size_t video, const DecodeOptions& options) const {
    return read_planned(
        paths_[video], options,
        [&](int64_t frames) {
          std::vector<FrameList> plan;
          for (int64_t k = 0; k < clips_.per_video; ++k) {
            plan.push_back(strided_clip(clips_.shape, frames,
                                        spread_start(clips_.shape, frames, k, clips_.per_video)));
          }
          return plan;
        },
        clips_.fit);
  }

  static std::vector<Image> read_planned(
      const std::string& path, const DecodeOptions& options, const ClipPlan& plan,
      const std::function<Image(const Image&, const std::string&)>& fit) {
    FrameFit fit_frame;
    if (fit) fit_frame = [&](const Image& frame) { return fit(frame, path); };
    std::vector<Image> clips;
    const auto take = [&](size_t clip, Image tall) {
      clips.resize(std::max(clips.size(), clip + 1));
      clips[clip] = std::move(tall);
    };
    if (fs::is_directory(path)) {
      read_frame_clips(frames_in(path), options, plan, fit_frame, take);
    } else {
      read_video_clips(path, options, plan, fit_frame, take);
    }
    return clips;
  }

  std::vector<std::string> paths_;
  ClipOptions clips_;
  mutable ClipCache cache_;
};

/// Videos below `folder`, relative to it.
void find_videos(const std::string& folder, const std::string& relative, int depth,
                 std::vector<std::string>* found) {
  constexpr int kDeepest = 32;  // links may lead in a circle
  if (depth > kDeepest) return;
  const std::string path = relative.empty() ? folder : folder + "/" + relative;
  std::error_code error;
  bool has_frames = false;
  std::vector<std::string> below;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name[0] == '.') continue;
    const std::string inside = relative.empty() ? name : relative + "/" + name;
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      below.push_back(inside);
    } else if (has_video_ending(name)) {
      found->push_back(inside);
    } else {
      has_frames = has_frames || has_image_ending(name);
    }
  }
  check_listing(error, path);
  if (has_frames) found->push_back(relative);
  for (const std::string& inside : below) find_videos(folder, inside, depth + 1, found);
}

/// 'v', 'p', or nothing found yet.
char first_kind(const std::string& folder, int depth) {
  constexpr int kDeepest = 4;
  std::vector<std::string> below;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (name[0] == '.') continue;
    if (entry.is_directory(ignored)) {
      below.push_back(entry.path().string());
    } else if (has_video_ending(name)) {
      return 'v';
    } else if (has_image_ending(name)) {
      return 'p';
    }
  }
  check_file_handles(error.value(), folder);
  std::sort(below.begin(), below.end());
  for (const std::string& inside : below) {
    const char kind = depth < kDeepest ? first_kind(inside, depth + 1) : ' ';
    if (kind != ' ') return kind;
  }
  return ' ';
}

}  // namespace

std::unique_ptr<ImageSource> make_clip_source(const std::string& operand,
                                              std::vector<FileEntry> entries, LabelText kind,
                                              const ClipOptions& clips) {
  if (entries.empty()) throw DataError("no videos are in it", operand);
  std::vector<std::string> texts, paths;
  for (const FileEntry& entry : entries) texts.push_back(entry.label);
  ClassLabels classes = resolve_labels(texts, kind, operand);
  std::vector<SourceItem> items;
  for (size_t v = 0; v < entries.size(); ++v) {
    paths.push_back(entries[v].path);
    for (int64_t k = 0; k < clips.per_video; ++k) {
      const std::string part = clips.per_video > 1 ? ":" + std::to_string(k) : "";
      items.push_back({entries[v].name + part, classes.labels[v], entries[v].caption});
    }
  }
  const SourcePart part{operand, 0, static_cast<int64_t>(items.size())};
  return std::make_unique<ClipSource>(std::move(items), std::move(classes.class_names), part,
                                      std::move(paths), clips);
}

std::vector<FileEntry> list_clip_folder(const std::string& folder) {
  std::string root = folder;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  std::vector<std::string> found;
  find_videos(root, "", 0, &found);
  std::sort(found.begin(), found.end());
  if (found.size() == 1 && found.front().empty()) {
    return {{root, fs::path(root).filename().string(), "", ""}};  // itself a folder of frames
  }
  std::vector<FileEntry> entries, loose;
  for (const std::string& name : found) {
    if (name.empty()) continue;  // pictures beside the videos
    const size_t slash = name.find('/');
    const std::string label = slash == std::string::npos ? "" : name.substr(0, slash);
    (label.empty() ? loose : entries).push_back({root + "/" + name, name, label, ""});
  }
  if (entries.empty()) return loose;
  if (!loose.empty()) {
    log_warning(printable(root) + ": " + std::to_string(loose.size()) +
                " videos beside the class folders are left out");
  }
  return entries;
}

bool is_video_operand(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return has_video_ending(path) && fs::exists(path, ignored);
  return first_kind(path, 0) == 'v';
}

}  // namespace mae
