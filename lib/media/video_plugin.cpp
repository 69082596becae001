// The only file that sees OpenCV's videoio. Nothing is thrown across its functions.
#include "mae/media/video_plugin.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <string>

namespace {

struct Video {
  cv::VideoCapture capture;
  cv::Mat frame;
};

/// FFmpeg opens whatever it recognises, playlists that name other files and addresses among them,
/// and prints what it thinks of a file.
void set_up_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS",
           "protocol_whitelist;file|format_whitelist;mov,mp4,avi,matroska,webm,gif,mpeg,mpegts,"
           "mpegvideo,ogg,flv,asf,ivf,m4v,h264,hevc",
           /*replace=*/1);
    setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", /*replace=*/1);
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  });
}

}  // namespace

void* mae_video_open(const char* path) {
  set_up_once();
  try {
    auto* video = new Video;
    if (video->capture.open("file:" + std::string(path), cv::CAP_FFMPEG)) return video;
    delete video;
  } catch (const std::exception&) {
    // As good as refused.
  }
  return nullptr;
}

int64_t mae_video_declared_frames(void* video) {
  const double count = static_cast<Video*>(video)->capture.get(cv::CAP_PROP_FRAME_COUNT);
  constexpr double kMost = 1e12;  // of a container that lies, or does not know
  return count >= 1 && count < kMost ? static_cast<int64_t>(count) : 0;
}

int mae_video_skip(void* video) {
  try {
    return static_cast<Video*>(video)->capture.grab() ? 1 : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

int mae_video_next(void* video, int64_t* height, int64_t* width) {
  auto* opened = static_cast<Video*>(video);
  try {
    if (!opened->capture.read(opened->frame) || opened->frame.type() != CV_8UC3) return 0;
  } catch (const std::exception&) {
    return 0;
  }
  *height = opened->frame.rows;
  *width = opened->frame.cols;
  return 1;
}

void mae_video_copy(void* video, uint8_t* rgb) {
  const cv::Mat& bgr = static_cast<Video*>(video)->frame;
  cv::Mat out(bgr.rows, bgr.cols, CV_8UC3, rgb);
  cv::cvtColor(bgr, out, cv::COLOR_BGR2RGB);
}

void mae_video_close(void* video) { delete static_cast<Video*>(video); }
