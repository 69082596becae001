// A message is a head of fixed size, then pixels, or the two texts of an error.
#include "mae/media/confined_clips.h"

#include <new>

#include "mae/base/confined_child.h"
#include "mae/base/disk_space.h"
#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/media/opencv_edge.h"
#include "mae/media/video_reader.h"

namespace mae {
namespace {

constexpr int kSilenceSeconds = 600;  // the first clip of a long video may be late
constexpr uint64_t kLongestText = 1 << 16;
constexpr uint64_t kMostClips = 1 << 20;
constexpr int64_t kMostFrames = 65536;  // of a clip

struct Message {
  char kind;  // 'c': a clip follows; 'e': that was all; 'd', 'm': damaged, out of memory
  uint64_t clip, what_bytes, hint_bytes, pixel_bytes;
  int64_t height, width, channels;
};

void send_error(int channel, char kind, const std::string& what, const std::string& hint) {
  Message message{};
  message.kind = kind;
  message.what_bytes = std::min<uint64_t>(what.size(), kLongestText);
  message.hint_bytes = std::min<uint64_t>(hint.size(), kLongestText);
  send_bytes(channel, &message, sizeof(message));
  send_bytes(channel, what.data(), message.what_bytes);
  send_bytes(channel, hint.data(), message.hint_bytes);
}

void send_clip(int channel, size_t clip, const Image& tall) {
  Message message{};
  message.kind = 'c';
  message.clip = clip;
  message.height = tall.height;
  message.width = tall.width;
  message.channels = tall.channels;
  message.pixel_bytes = tall.bytes.size();
  send_bytes(channel, &message, sizeof(message));
  send_bytes(channel, tall.bytes.data(), tall.bytes.size());
}

SandboxLimits limits_for(const std::string& path) {
  SandboxLimits limits;
  constexpr int64_t kBytesPerSecond = 100'000;  // strongly compressed, on a slow processor
  limits.cpu_seconds += bytes_of_file(path) / kBytesPerSecond;
  limits.memory_bytes = int64_t{4} << 30;
  limits.readable = {path};
  limits.threads = true;  // that decoders start
  return limits;
}

bool is_believable(const Message& message, int64_t max_pixels) {
  if (message.what_bytes > kLongestText || message.hint_bytes > kLongestText) return false;
  if (message.kind != 'c') return message.pixel_bytes == 0;
  return message.clip < kMostClips && message.height > 0 && message.width > 0 &&
         message.width <= max_pixels &&
         message.height <= max_pixels / message.width * kMostFrames &&
         (message.channels == 1 || message.channels == 3) &&
         message.pixel_bytes == static_cast<uint64_t>(message.height) *
                                    static_cast<uint64_t>(message.width * message.channels);
}

[[noreturn]] void fail(ConfinedChild& child, const std::string& path) {
  check_interrupt();
  throw DataError("the process that was to decode it " + child.reason_of_end(), path,
                  "it is damaged, or made to do harm");
}

[[noreturn]] void throw_error(const Message& message, int channel, const std::string& path) {
  std::string what(message.what_bytes, '\0'), hint(message.hint_bytes, '\0');
  receive_bytes(channel, what.data(), what.size(), kSilenceSeconds);
  receive_bytes(channel, hint.data(), hint.size(), kSilenceSeconds);
  if (message.kind == 'm')
    throw DataError("takes too much memory to decode", path, "it is damaged, or made to do harm");
  if (message.kind == 'r') throw ResourceError(what, path, hint);
  throw DataError(what, path, hint);
}

}  // namespace

void read_clips_confined(const std::string& path, const DecodeOptions& decode, const ClipPlan& plan,
                         const FrameFit& fit, const ClipSink& sink) {
  load_video_decoder();  // the child could not read the libraries' files
  load_picture_codecs();
  DecodeOptions unconfined = decode;
  unconfined.confined = false;
  ConfinedChild child(limits_for(path), [&](int channel) {
    try {
      read_video_clips(path, unconfined, plan, fit,
                       [&](size_t clip, const Image& tall) { send_clip(channel, clip, tall); });
      const Message end{'e', 0, 0, 0, 0, 0, 0, 0};
      send_bytes(channel, &end, sizeof(end));
    } catch (const ResourceError& error) {
      send_error(channel, 'r', error.what(), error.hint());
    } catch (const Error& error) {
      send_error(channel, 'd', error.what(), error.hint());
    } catch (const std::bad_alloc&) {
      send_error(channel, 'm', "", "");
    }
  });
  const int channel = child.channel();
  for (Message message{};;) {
    if (!receive_bytes(channel, &message, sizeof(message), kSilenceSeconds) ||
        !is_believable(message, decode.max_pixels))
      fail(child, path);
    if (message.kind == 'e') return;
    if (message.kind != 'c') throw_error(message, channel, path);
    Image tall{message.height, message.width, message.channels, 8, {}};
    tall.bytes.resize(message.pixel_bytes);
    if (!receive_bytes(channel, tall.bytes.data(), tall.bytes.size(), kSilenceSeconds))
      fail(child, path);
    sink(static_cast<size_t>(message.clip), std::move(tall));
  }
}

}  // namespace mae
