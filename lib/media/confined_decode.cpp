// A request is a head of fixed size, the name and the bytes; an answer is a head and pixels, or a
// letter for the class of error and its texts. What a child answers is believed as little as the
// picture: its sizes are checked before memory is taken.
#include "mae/media/confined_decode.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "mae/base/confined_child.h"
#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/media/decoder_warnings.h"
#include "mae/media/opencv_edge.h"

namespace mae {
namespace {

constexpr int64_t kCpuSeconds = 10;   // of one picture; the largest allowed ones take about two
constexpr int kSilenceSeconds = 120;  // a busy machine may stretch them
constexpr uint64_t kLongestText = 1 << 16;

struct Request {
  uint64_t name_bytes, picture_bytes;
  int64_t channels, bit_depth, max_pixels;
  uint8_t exif_orientation, strict, channels_policy;
};

struct Answer {
  char kind;  // 'k': pixels follow; 'd', 'm': damaged, out of memory
  int64_t height, width, channels, bit_depth;
  uint64_t what_bytes, hint_bytes, warning_bytes, pixel_bytes;
};

bool send_string(int channel, const std::string& text) {
  return send_bytes(channel, text.data(), text.size());
}

bool receive_string(int channel, uint64_t size, std::string* text) {
  text->resize(size);
  return receive_bytes(channel, text->data(), text->size());
}

std::string cut(const std::string& text) { return text.substr(0, kLongestText); }

void answer_with_error(int channel, char kind, const std::string& what, const std::string& hint) {
  Answer answer{};
  answer.kind = kind;
  const std::string first = cut(what), second = cut(hint);
  answer.what_bytes = first.size();
  answer.hint_bytes = second.size();
  send_bytes(channel, &answer, sizeof(answer));
  send_string(channel, first);
  send_string(channel, second);
}

void answer_with_pixels(int channel, const Image& image, const std::string& warning) {
  Answer answer{};
  answer.kind = 'k';
  answer.height = image.height;
  answer.width = image.width;
  answer.channels = image.channels;
  answer.bit_depth = image.bit_depth;
  answer.warning_bytes = cut(warning).size();
  answer.pixel_bytes = image.bytes.size();
  send_bytes(channel, &answer, sizeof(answer));
  send_string(channel, cut(warning));
  send_bytes(channel, image.bytes.data(), image.bytes.size());
}

void serve_one(int channel, const Request& request) {
  std::string name, bytes;
  if (!receive_string(channel, request.name_bytes, &name) ||
      !receive_string(channel, request.picture_bytes, &bytes))
    return;
  DecodeOptions options;
  options.confined = false;
  options.channels = request.channels;
  options.bit_depth = static_cast<int>(request.bit_depth);
  options.max_pixels = request.max_pixels;
  options.exif_orientation = request.exif_orientation != 0;
  options.strict = request.strict != 0;
  options.channels_policy = static_cast<ChannelsPolicy>(request.channels_policy);
  try {
    const Image image = decode_image(bytes, name, options);
    answer_with_pixels(channel, image, take_decoder_warning());
  } catch (const Error& error) {
    answer_with_error(channel, 'd', error.what(), error.hint());
  } catch (const std::bad_alloc&) {
    answer_with_error(channel, 'm', "", "");
  }
}

/// The child's whole life.
void serve(int channel) {
  keep_decoder_warnings();
  Request request{};
  while (receive_bytes(channel, &request, sizeof(request))) {
    allow_cpu_seconds(kCpuSeconds);
    serve_one(channel, request);
  }
}

SandboxLimits decoding_limits(int64_t max_pixels) {
  SandboxLimits limits;
  constexpr int64_t kBytesPerPixel = 32;  // a 16-bit RGBA picture and its copies
  limits.memory_bytes = std::max(limits.memory_bytes, max_pixels * kBytesPerPixel);
  limits.cpu_seconds = kCpuSeconds;
  return limits;
}

/// Children that wait for a picture.
class Pool {
 public:
  std::unique_ptr<ConfinedChild> take(int64_t max_pixels) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<ConfinedChild> child = std::move(idle_.back());
        idle_.pop_back();
        return child;
      }
    }
    load_picture_codecs();  // the child could not read the library's files
    return std::make_unique<ConfinedChild>(decoding_limits(max_pixels), serve);
  }
  void give_back(std::unique_ptr<ConfinedChild> child) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(child));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<ConfinedChild>> idle_;
};

Pool& pool() {
  // Never destroyed: its children end when their channel closes with the process.
  static Pool* const children = new Pool;
  return *children;
}

bool send_request(int channel, const std::string& bytes, const std::string& name,
                  const DecodeOptions& options) {
  Request request{};
  request.name_bytes = name.size();
  request.picture_bytes = bytes.size();
  request.channels = options.channels;
  request.bit_depth = options.bit_depth;
  request.max_pixels = options.max_pixels;
  request.exif_orientation = options.exif_orientation ? 1 : 0;
  request.strict = options.strict ? 1 : 0;
  request.channels_policy = static_cast<uint8_t>(options.channels_policy);
  return send_bytes(channel, &request, sizeof(request)) && send_string(channel, name) &&
         send_string(channel, bytes);
}

bool is_believable(const Answer& answer, const DecodeOptions& options) {
  if (answer.what_bytes > kLongestText || answer.hint_bytes > kLongestText ||
      answer.warning_bytes > kLongestText)
    return false;
  if (answer.kind != 'k') return answer.pixel_bytes == 0;
  const bool has_sizes = answer.height > 0 && answer.width > 0 &&
                         answer.height <= options.max_pixels / answer.width &&
                         answer.channels > 0 && answer.channels <= kMaxChannels &&
                         (answer.bit_depth == 8 || answer.bit_depth == 16);
  return has_sizes &&
         answer.pixel_bytes == static_cast<uint64_t>(answer.height) *
                                   static_cast<uint64_t>(answer.width) *
                                   static_cast<uint64_t>(answer.channels * (answer.bit_depth / 8));
}

[[noreturn]] void fail(ConfinedChild& child, const std::string& name) {
  check_interrupt();
  throw DataError("the process that was to decode it " + child.reason_of_end(), name,
                  "it is damaged, or made to do harm");
}

}  // namespace

Image decode_confined(const std::string& bytes, const std::string& name,
                      const DecodeOptions& options) {
  std::unique_ptr<ConfinedChild> child = pool().take(options.max_pixels);
  const int channel = child->channel();
  Answer answer{};
  std::string what, hint, warning;
  Image image;
  const bool arrived = send_request(channel, bytes, name, options) &&
                       receive_bytes(channel, &answer, sizeof(answer), kSilenceSeconds) &&
                       is_believable(answer, options) &&
                       receive_string(channel, answer.what_bytes, &what) &&
                       receive_string(channel, answer.hint_bytes, &hint) &&
                       receive_string(channel, answer.warning_bytes, &warning);
  if (!arrived) fail(*child, name);
  image.height = answer.height;
  image.width = answer.width;
  image.channels = answer.channels;
  image.bit_depth = static_cast<int>(answer.bit_depth);
  image.bytes.resize(answer.pixel_bytes);
  if (!receive_bytes(channel, image.bytes.data(), image.bytes.size(), kSilenceSeconds))
    fail(*child, name);
  pool().give_back(std::move(child));
  if (answer.kind == 'm')
    throw DataError("takes too much memory to decode", name, "it is damaged, or made to do harm");
  if (answer.kind != 'k') throw DataError(what, name, hint);
  if (!warning.empty()) note_decoder_warning(warning, name, options.strict);
  return image;
}

}  // namespace mae
