#include "mae/media/channels_policy.h"

#include "mae/base/error.h"

namespace mae {
namespace {

template <typename Sample>
void average_channels(const Sample* from, int64_t from_channels, Sample* to, int64_t to_channels,
                      int64_t pixels) {
  for (int64_t i = 0; i < pixels; ++i) {
    int64_t sum = from_channels / 2;  // rounds half up
    for (int64_t c = 0; c < from_channels; ++c) sum += *from++;
    const auto mean = static_cast<Sample>(sum / from_channels);
    for (int64_t c = 0; c < to_channels; ++c) *to++ = mean;
  }
}

template <typename Sample>
void repeat_channels(const Sample* from, int64_t from_channels, Sample* to, int64_t to_channels,
                     int64_t pixels) {
  for (int64_t i = 0; i < pixels; ++i, from += from_channels) {
    for (int64_t c = 0; c < to_channels; ++c) *to++ = from[c % from_channels];
  }
}

template <typename Sample>
void adapt(ChannelsPolicy policy, const Sample* from, int64_t from_channels, Sample* to,
           int64_t to_channels, int64_t pixels) {
  if (policy == ChannelsPolicy::kAverage) {
    average_channels(from, from_channels, to, to_channels, pixels);
  } else {
    repeat_channels(from, from_channels, to, to_channels, pixels);
  }
}

std::string count_text(int64_t channels) {
  return std::to_string(channels) + (channels == 1 ? " channel" : " channels");
}

}  // namespace

ChannelsPolicy parse_channels_policy(const std::string& name) {
  if (name == "error") return ChannelsPolicy::kError;
  if (name == "average") return ChannelsPolicy::kAverage;
  if (name == "repeat") return ChannelsPolicy::kRepeat;
  throw UsageError("unknown policy '" + name + "'; expected error, average or repeat",
                   "--channels-policy");
}

void check_channels_policy(int64_t from, int64_t to, ChannelsPolicy policy,
                           const std::string& where) {
  if (from == to || policy == ChannelsPolicy::kAverage) return;
  if (policy == ChannelsPolicy::kRepeat && from < to) return;
  if (policy == ChannelsPolicy::kRepeat) {
    throw DataError("pictures of " + count_text(from) + " cannot be repeated to " + count_text(to),
                    where, "--channels-policy average takes their mean");
  }
  throw DataError("the picture has " + count_text(from) + "; expected " + std::to_string(to), where,
                  from > to ? "mae-patchify --channels " + std::to_string(from) +
                                  " keeps them all; a model takes their mean with "
                                  "--channels-policy average"
                            : "a model takes them repeated with --channels-policy repeat");
}

Image adapt_channels(const Image& image, int64_t channels, ChannelsPolicy policy,
                     const std::string& where) {
  check_channels_policy(image.channels, channels, policy, where);
  if (image.channels == channels) return image;
  Image out;
  out.height = image.height;
  out.width = image.width;
  out.channels = channels;
  out.bit_depth = image.bit_depth;
  out.bytes.resize(static_cast<size_t>(out.height * out.row_bytes()));
  const int64_t pixels = image.height * image.width;
  if (image.bit_depth == 16) {
    adapt(policy, image.samples16(), image.channels, out.samples16(), channels, pixels);
  } else {
    adapt(policy, image.bytes.data(), image.channels, out.bytes.data(), channels, pixels);
  }
  return out;
}

}  // namespace mae
