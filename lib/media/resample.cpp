#include "mae/media/resample.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "mae/base/kernel_choice.h"
#include "mae/media/kernels/byte_sums.h"

namespace mae {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;  // Pillow's: the weights' sum times 255 stays below 2^31

/// For every output position: the first input position it looks at, how many, and their weights.
struct Weights {
  int64_t taps = 0;  ///< weights reserved for each output position, an even number
  std::vector<int64_t> first, count;
  std::vector<double> real;    ///< [out, taps], each row sums to 1
  std::vector<int32_t> fixed;  ///< the same times 2^22, rounded half away from zero
};

/// Rows of samples that belong to someone else: a part of an image, seen in place.
template <typename Sample>
struct Plane {
  Sample* data = nullptr;
  int64_t height = 0, width = 0, channels = 0;
  int64_t stride = 0;  ///< samples from one row to the next

  /// Where the last row ends.
  Sample* end() const { return data + (height - 1) * stride + width * channels; }
};

double filter_value(Filter filter, double x) {
  x = std::abs(x);
  if (filter == Filter::kBilinear) return x < 1.0 ? 1.0 - x : 0.0;
  constexpr double a = -0.5;  // Pillow's cubic; torch and OpenCV use -0.75
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

/// A run of output positions: [first, first + count) of `total`.
struct Span {
  int64_t total = 0, first = 0, count = 0;
};

/// How one axis is resampled.
class Axis {
 public:
  Axis(int64_t in, int64_t out, Filter filter)
      : in_(in),
        scale_(static_cast<double>(in) / static_cast<double>(out)),
        filter_scale_(std::max(scale_, 1.0)),
        support_((filter == Filter::kBilinear ? 1.0 : 2.0) * filter_scale_),
        filter_(filter) {}

  /// The input positions [first, end) that output position i looks at.
  int64_t first(int64_t i) const {
    return std::max<int64_t>(static_cast<int64_t>(center(i) - support_ + 0.5), 0);
  }
  int64_t end(int64_t i) const {
    return std::min(static_cast<int64_t>(center(i) + support_ + 0.5), in_);
  }
  /// Not yet divided by their sum.
  double weight(int64_t i, int64_t position) const {
    const double distance = static_cast<double>(position) - center(i) + 0.5;
    return filter_value(filter_, distance * (1.0 / filter_scale_));
  }

 private:
  double center(int64_t i) const { return (static_cast<double>(i) + 0.5) * scale_; }

  int64_t in_;
  double scale_, filter_scale_, support_;
  Filter filter_;
};

Weights make_weights(int64_t in, Span out, Filter filter) {
  const Axis axis(in, out.total, filter);
  Weights weights;
  weights.first.resize(out.count);
  weights.count.resize(out.count);
  for (int64_t i = 0; i < out.count; ++i) {
    weights.first[i] = axis.first(out.first + i);
    weights.count[i] = axis.end(out.first + i) - weights.first[i];
    weights.taps = std::max(weights.taps, (weights.count[i] + 1) / 2 * 2);
  }
  weights.real.assign(out.count * weights.taps, 0.0);
  weights.fixed.assign(out.count * weights.taps, 0);
  for (int64_t i = 0; i < out.count; ++i) {
    double* row = &weights.real[i * weights.taps];
    double sum = 0.0;
    for (int64_t k = 0; k < weights.count[i]; ++k) {
      row[k] = axis.weight(out.first + i, weights.first[i] + k);
      sum += row[k];
    }
    for (int64_t k = 0; k < weights.count[i]; ++k) {
      if (sum != 0.0) row[k] /= sum;
      const double shifted = row[k] * (1 << kPrecisionBits);
      weights.fixed[i * weights.taps + k] =
          static_cast<int32_t>(shifted < 0 ? shifted - 0.5 : shifted + 0.5);
    }
  }
  return weights;
}

kernels::ByteWeights view(const Weights& weights) {
  return {weights.first.data(), weights.fixed.data(), weights.taps, kPrecisionBits};
}

uint8_t to_sample(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255));
}

uint16_t to_sample(double sum) {
  return static_cast<uint16_t>(std::clamp(std::floor(sum + 0.5), 0.0, 65535.0));
}

/// What differs between 8 and 16 bits: the accumulator, its start and the weights.
template <typename Sample>
struct Arithmetic;
template <>
struct Arithmetic<uint8_t> {
  using Sum = int32_t;
  static constexpr Sum kStart = 1 << (kPrecisionBits - 1);
  static const Sum* weights(const Weights& weights) { return weights.fixed.data(); }
};
template <>
struct Arithmetic<uint16_t> {
  using Sum = double;
  static constexpr Sum kStart = 0.0;
  static const Sum* weights(const Weights& weights) { return weights.real.data(); }
};

bool use_byte_sums() {
  static const bool has = kernels::has_byte_sums();
  return has && use_own_kernels();
}

/// kChannels 0 stands for any number, known only at run time.
template <int kChannels, typename Sample>
void resample_rows(const Plane<const Sample>& in, const Weights& weights, Plane<Sample> out) {
  using Sum = typename Arithmetic<Sample>::Sum;
  const Sum* all = Arithmetic<Sample>::weights(weights);
  const int64_t channels = kChannels > 0 ? kChannels : in.channels;
  std::vector<Sum> sums(static_cast<size_t>(channels));
  [[maybe_unused]] const bool fast = use_byte_sums();
  for (int64_t y = 0; y < out.height; ++y) {
    Sample* to = out.data + y * out.stride;
    const Sample* row = in.data + y * in.stride;
    int64_t x = 0;
    if constexpr (kChannels >= 3 && sizeof(Sample) == 1) {
      if (fast) x = kernels::sum_across(row, in.end(), kChannels, view(weights), out.width, to);
    }
    for (to += x * channels; x < out.width; ++x, to += channels) {
      const Sum* w = all + x * weights.taps;
      const Sample* from = row + weights.first[x] * channels;
      if constexpr (kChannels > 0) {
        Sum sum[kChannels];
        for (int c = 0; c < kChannels; ++c) sum[c] = Arithmetic<Sample>::kStart;
        for (int64_t k = 0; k < weights.count[x]; ++k, from += kChannels) {
          for (int c = 0; c < kChannels; ++c) sum[c] += w[k] * from[c];
        }
        for (int c = 0; c < kChannels; ++c) to[c] = to_sample(sum[c]);
      } else {
        std::fill(sums.begin(), sums.end(), Arithmetic<Sample>::kStart);
        for (int64_t k = 0; k < weights.count[x]; ++k, from += channels) {
          for (int64_t c = 0; c < channels; ++c) sums[c] += w[k] * from[c];
        }
        for (int64_t c = 0; c < channels; ++c) to[c] = to_sample(sums[c]);
      }
    }
  }
}

template <typename Sample>
void resample_width(const Plane<const Sample>& in, const Weights& weights, Plane<Sample> out) {
  switch (in.channels) {
    case 1:
      return resample_rows<1>(in, weights, out);
    case 3:
      return resample_rows<3>(in, weights, out);
    case 4:
      return resample_rows<4>(in, weights, out);
    default:
      return resample_rows<0>(in, weights, out);
  }
}

/// Adds whole rows, so that the compiler turns the inner loop into vector instructions.
template <typename Sample>
void resample_height(const Plane<const Sample>& in, const Weights& weights, Plane<Sample> out) {
  using Sum = typename Arithmetic<Sample>::Sum;
  const int64_t samples = out.width * out.channels;
  if constexpr (sizeof(Sample) == 1) {
    if (samples >= kernels::kSamplesDown && use_byte_sums()) {
      for (int64_t y = 0; y < out.height; ++y) {
        kernels::sum_down(in.data + weights.first[y] * in.stride, in.stride,
                          &weights.fixed[y * weights.taps], weights.count[y], kPrecisionBits,
                          samples, out.data + y * out.stride);
      }
      return;
    }
  }
  std::vector<Sum> sums(static_cast<size_t>(samples));
  for (int64_t y = 0; y < out.height; ++y) {
    std::fill(sums.begin(), sums.end(), Arithmetic<Sample>::kStart);
    const Sum* w = Arithmetic<Sample>::weights(weights) + y * weights.taps;
    for (int64_t k = 0; k < weights.count[y]; ++k) {
      const Sample* from = in.data + (weights.first[y] + k) * in.stride;
      const Sum weight = w[k];
      Sum* sum = sums.data();
      for (int64_t i = 0; i < samples; ++i) sum[i] += weight * from[i];
    }
    Sample* to = out.data + y * out.stride;
    for (int64_t i = 0; i < samples; ++i) to[i] = to_sample(sums[i]);
  }
}

template <typename Sample>
Plane<Sample> plane_of(std::vector<uint8_t>& bytes, Size2d size, int64_t channels) {
  const int64_t stride = size.width * channels;
  bytes.resize(static_cast<size_t>(size.height * stride) * sizeof(Sample));
  return {reinterpret_cast<Sample*>(bytes.data()), size.height, size.width, channels, stride};
}

template <typename Sample>
Plane<const Sample> read_only(const Plane<Sample>& plane) {
  return {plane.data, plane.height, plane.width, plane.channels, plane.stride};
}

/// Pillow 13 works on the height first where it shrinks by more than twice the pixels that the
/// width does; before, and otherwise, the width comes first. As each pass rounds, the order shows
/// in the last bit of some pixels.
bool height_first(Size2d from, Size2d to) {
  const int64_t shrinks = from.height - to.height;
  return shrinks > 0 && shrinks > 2 * (from.width - to.width);
}

/// Leaves out the columns that no weight reaches.
template <typename Sample>
void narrow(Plane<const Sample>* in, Weights* columns) {
  const int64_t first = columns->first.front();
  in->data += first * in->channels;
  in->width = columns->first.back() + columns->count.back() - first;
  for (int64_t& start : columns->first) start -= first;
}

template <typename Sample>
void copy_rows(const Plane<const Sample>& in, Plane<Sample> out) {
  for (int64_t y = 0; y < out.height; ++y) {
    std::copy_n(in.data + y * in.stride, out.stride, out.data + y * out.stride);
  }
}

/// The window of `in` resampled to `full`. A pass whose size does not change is skipped; the first
/// pass covers no more than the second one reads.
template <typename Sample>
void resample_plane(Plane<const Sample> in, Size2d full, const Box& window, Filter filter,
                    Image* out) {
  const Size2d size{window.height, window.width}, from{in.height, in.width};
  const int64_t channels = in.channels;
  const bool down = in.height != full.height, across = in.width != full.width;
  if (!down) {
    in.data += window.top * in.stride;
    in.height = size.height;
  }
  if (!across) {
    in.data += window.left * channels;
    in.width = size.width;
  }
  const Plane<Sample> result = plane_of<Sample>(out->bytes, size, channels);
  if (!down && !across) return copy_rows(in, result);
  Weights rows, columns;
  if (down) rows = make_weights(in.height, {full.height, window.top, size.height}, filter);
  if (across) columns = make_weights(in.width, {full.width, window.left, size.width}, filter);
  if (!down) return resample_width(in, columns, result);
  if (!across) return resample_height(in, rows, result);

  std::vector<uint8_t> between;
  if (height_first(from, full)) {
    narrow(&in, &columns);
    const Plane<Sample> low = plane_of<Sample>(between, {size.height, in.width}, channels);
    resample_height(in, rows, low);
    return resample_width(read_only(low), columns, result);
  }
  const int64_t first_row = rows.first.front();
  in.data += first_row * in.stride;
  in.height = rows.first.back() + rows.count.back() - first_row;
  for (int64_t& first : rows.first) first -= first_row;
  const Plane<Sample> wide = plane_of<Sample>(between, {in.height, size.width}, channels);
  resample_width(in, columns, wide);
  resample_height(read_only(wide), rows, result);
}

template <typename Sample>
Plane<const Sample> view(const Image& image, const Box& box) {
  const auto* samples = reinterpret_cast<const Sample*>(image.bytes.data());
  const int64_t stride = image.width * image.channels;
  return {samples + box.top * stride + box.left * image.channels, box.height, box.width,
          image.channels, stride};
}

Image resample_window(const Image& image, const Box& box, Size2d full, const Box& window,
                      Filter filter) {
  Image out;
  out.height = window.height;
  out.width = window.width;
  out.channels = image.channels;
  out.bit_depth = image.bit_depth;
  if (image.bit_depth == 16) {
    resample_plane(view<uint16_t>(image, box), full, window, filter, &out);
  } else {
    resample_plane(view<uint8_t>(image, box), full, window, filter, &out);
  }
  return out;
}

}  // namespace

Image resample(const Image& image, Size2d size, Filter filter) {
  return crop_and_resample(image, Box{0, 0, image.height, image.width}, size, filter);
}

Image crop_and_resample(const Image& image, const Box& box, Size2d size, Filter filter) {
  return resample_window(image, box, size, Box{0, 0, size.height, size.width}, filter);
}

Size2d short_side_size(Size2d image, int64_t short_side) {
  const int64_t from = std::min(image.height, image.width);
  const int64_t longer = short_side * std::max(image.height, image.width) / from;
  return image.height <= image.width ? Size2d{short_side, longer} : Size2d{longer, short_side};
}

int64_t covering_short_side(Size2d image, Size2d size) {
  const int64_t short_side = std::min(image.height, image.width);
  const auto covering = [&](int64_t wanted, int64_t side) {
    return (wanted * short_side + side - 1) / side;
  };
  return std::max(covering(size.height, image.height), covering(size.width, image.width));
}

int64_t evaluation_short_side(Size2d image, Size2d size) {
  return covering_short_side(image, size) * 256 / 224;
}

Box reach_of_center_crop(Size2d image, int64_t short_side, Size2d size) {
  const Size2d full = short_side_size(image, short_side);
  if (full.height < size.height || full.width < size.width) return whole_box(image);
  const Box window = center_box(full, size);
  Box reach = window;
  if (full.height != image.height) {
    const Axis rows(image.height, full.height, Filter::kBicubic);
    reach.top = rows.first(window.top);
    reach.height = rows.end(window.top + window.height - 1) - reach.top;
  }
  if (full.width != image.width) {
    const Axis columns(image.width, full.width, Filter::kBicubic);
    reach.left = columns.first(window.left);
    reach.width = columns.end(window.left + window.width - 1) - reach.left;
  }
  return reach;
}

Image resize_and_center_crop(const Image& image, int64_t short_side, Size2d size) {
  const Size2d full = short_side_size({image.height, image.width}, short_side);
  const Box whole{0, 0, image.height, image.width};
  if (full.height < size.height || full.width < size.width) {
    return center_crop(resample(image, full), size);
  }
  return resample_window(image, whole, full, center_box(full, size), Filter::kBicubic);
}

}  // namespace mae
