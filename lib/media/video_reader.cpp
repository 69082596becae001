// Finds libmae_video.so by the programs' run path and calls it.
#include "mae/media/video_reader.h"

#include <sys/stat.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/input_file.h"
#include "mae/media/plugin.h"
#include "mae/media/video_plugin.h"

namespace mae {
namespace {

constexpr const char* kEndings[] = {".mp4",  ".m4v", ".mov", ".avi",  ".mkv",
                                    ".webm", ".gif", ".mpg", ".mpeg", ".ts",
                                    ".ogv",  ".flv", ".wmv", ".3gp",  ".ivf"};

struct Decoder {
  decltype(&mae_video_open) open;
  decltype(&mae_video_declared_frames) declared_frames;
  decltype(&mae_video_skip) skip;
  decltype(&mae_video_next) next;
  decltype(&mae_video_copy) copy;
  decltype(&mae_video_close) close;
};

Decoder load() {
  const Plugin plugin("libmae_video.so", "videos cannot be decoded",
                      "install the toolkit with its libraries, and OpenCV's videoio "
                      "(libopencv-videoio)");
  Decoder decoder{};
  plugin.find("mae_video_open", &decoder.open);
  plugin.find("mae_video_declared_frames", &decoder.declared_frames);
  plugin.find("mae_video_skip", &decoder.skip);
  plugin.find("mae_video_next", &decoder.next);
  plugin.find("mae_video_copy", &decoder.copy);
  plugin.find("mae_video_close", &decoder.close);
  return decoder;
}

const Decoder& decoder() {
  static const Decoder loaded = load();
  return loaded;
}

}  // namespace

bool has_video_ending(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  std::string ending = name.substr(dot);
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](const char* known) { return ending == known; });
}

void load_video_decoder() { decoder(); }

VideoReader::VideoReader(const std::string& path, int64_t max_pixels)
    : path_(path), max_pixels_(max_pixels) {
  if (InputFile(path).size() == 0) throw DataError("the video is empty", path, "it has no bytes");
  video_ = decoder().open(path.c_str());
  if (video_ == nullptr) {
    check_file_handles(path);
    throw DataError("the video cannot be opened: it is damaged, or of a kind that is not known",
                    path, "MP4, AVI, Matroska, WebM, GIF, MPEG and the like are read");
  }
}

VideoReader::~VideoReader() {
  if (video_ != nullptr) decoder().close(video_);
}

int64_t VideoReader::declared_frames() const { return decoder().declared_frames(video_); }

bool VideoReader::skip() { return decoder().skip(video_) != 0; }

std::optional<Image> VideoReader::read() {
  Size2d size;
  if (decoder().next(video_, &size.height, &size.width) == 0) return std::nullopt;
  if (size.height > max_pixels_ / std::max<int64_t>(1, size.width)) {
    throw DataError("a frame has " + size_text(size) + " pixels (height x width); at most " +
                        std::to_string(max_pixels_) + " are decoded",
                    path_, "scale the video down first, or raise --max-pixels");
  }
  if (size_.area() > 0 && !(size == size_)) {
    throw DataError(
        "the frames change their size from " + size_text(size_) + " to " + size_text(size), path_,
        "encode the video again in one size");
  }
  size_ = size;
  Image frame;
  frame.height = size.height;
  frame.width = size.width;
  frame.channels = 3;
  frame.bytes.resize(static_cast<size_t>(frame.height * frame.row_bytes()));
  decoder().copy(video_, frame.bytes.data());
  return frame;
}

}  // namespace mae
