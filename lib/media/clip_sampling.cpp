#include "mae/media/clip_sampling.h"

#include <algorithm>

namespace mae {
namespace {

/// numpy's linspace(first, last, count), truncated and kept in [low, high].
FrameList linspace(int64_t first, int64_t last, int64_t count, int64_t low, int64_t high) {
  FrameList list;
  const double step =
      count > 1 ? static_cast<double>(last - first) / static_cast<double>(count - 1) : 0.0;
  for (int64_t i = 0; i < count; ++i) {
    const auto at =
        static_cast<int64_t>(static_cast<double>(first) + step * static_cast<double>(i));
    list.push_back(std::clamp(at, low, high));
  }
  return list;
}

}  // namespace

FrameList strided_clip(const ClipShape& shape, int64_t video_frames, int64_t start) {
  FrameList list;
  int64_t frame = start;
  for (int64_t i = 0; i < shape.frames; ++i) {
    list.push_back(frame);
    if (frame + shape.stride < video_frames) frame += shape.stride;
  }
  return list;
}

FrameList random_clip(const ClipShape& shape, int64_t video_frames, RandomStream& random) {
  const int64_t starts = video_frames - shape.span() + 1;
  return strided_clip(shape, video_frames, starts > 1 ? random.below(starts) : 0);
}

int64_t spread_start(const ClipShape& shape, int64_t video_frames, int64_t k, int64_t count) {
  const int64_t room = std::max<int64_t>(0, video_frames - shape.span());
  return count > 1 ? k * room / (count - 1) : room / 2;
}

FrameList dense_clip(const ClipShape& shape, int64_t video_frames, RandomStream& random) {
  const int64_t n = video_frames;
  if (n <= shape.span()) {
    const int64_t spread = std::min(n / shape.stride, shape.frames);
    FrameList list = linspace(0, n, spread, 0, n - 1);
    list.resize(static_cast<size_t>(shape.frames), n - 1);
    return list;
  }
  const int64_t start = random.below(n - shape.span());
  const int64_t end = start + shape.span();
  return linspace(start, end, shape.frames, start, end - 1);
}

FrameList segment_clip(const ClipShape& shape, int64_t video_frames, RandomStream& random) {
  FrameList list;
  for (int64_t i = 0; i < shape.frames; ++i) {
    const int64_t first = i * video_frames / shape.frames;
    const int64_t after = (i + 1) * video_frames / shape.frames;
    const int64_t offset = after - first > 1 ? random.below(after - first) : 0;
    list.push_back(std::min(first + offset, video_frames - 1));
  }
  return list;
}

FrameList test_clip(const ClipShape& shape, int64_t video_frames, int64_t segment,
                    int64_t segments) {
  const int64_t strided = (video_frames + shape.stride - 1) / shape.stride;
  const int64_t room = std::max<int64_t>(0, strided - shape.frames);
  const int64_t start = segments > 1 ? segment * room / (segments - 1) : room / 2;
  FrameList list;
  for (int64_t i = 0; i < shape.frames; ++i)
    list.push_back(std::min(start + i, strided - 1) * shape.stride);
  return list;
}

}  // namespace mae
