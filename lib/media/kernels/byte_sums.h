// The weighted sums of resampling 8-bit pictures with AVX2. Integers, so that every way to add them
// gives the same bytes.
#pragma once

#include <cstdint>

namespace mae::kernels {

/// Weights of one pass: for each output position where its first input lies and `taps` fixed-point
/// weights, an even number with zeros behind the last.
struct ByteWeights {
  const int64_t* first;
  const int32_t* fixed;
  int64_t taps;
  int fraction_bits;
};

/// Whether this processor has what they need.
bool has_byte_sums();

/// One row of 3 or 4 channels across: `width` output pixels from `in`; nothing at or after `end` is
/// read. Returns how many pixels it made, which are fewer where the row ends at `end`.
int64_t sum_across(const uint8_t* in, const uint8_t* end, int channels, const ByteWeights& weights,
                   int64_t width, uint8_t* out);

/// One row down: samples out[i] from the `count` rows that begin at `in`, `stride` apart. `samples`
/// is at least kSamplesDown.
void sum_down(const uint8_t* in, int64_t stride, const int32_t* fixed, int64_t count,
              int fraction_bits, int64_t samples, uint8_t* out);
constexpr int64_t kSamplesDown = 32;

}  // namespace mae::kernels
