#include "mae/media/kernels/byte_sums.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define MAE_AVX2 __attribute__((target("avx2")))

namespace mae::kernels {
namespace {

/// Two pixels as eight numbers, their fourth channel 0 where there are three.
template <int kChannels>
MAE_AVX2 __m256i two_pixels(const uint8_t* from) {
  __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  if (kChannels == 3)
    bytes = _mm_shuffle_epi8(
        bytes, _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, -1, -1, -1, -1, -1, -1, -1, -1));
  return _mm256_cvtepu8_epi32(bytes);
}

/// Two weights, each for the four channels of its pixel.
MAE_AVX2 __m256i two_weights(const int32_t* from) {
  const __m128i pair = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(pair),
                                     _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
}

template <int kChannels>
MAE_AVX2 int64_t across(const uint8_t* in, const uint8_t* end, const ByteWeights& weights,
                        int64_t width, uint8_t* out) {
  constexpr int64_t kRead = 8;  // bytes that two_pixels() loads
  const __m256i start = _mm256_setr_epi32(
      1 << (weights.fraction_bits - 1), 1 << (weights.fraction_bits - 1),
      1 << (weights.fraction_bits - 1), 1 << (weights.fraction_bits - 1), 0, 0, 0, 0);
  const int64_t reach = (weights.taps - 2) * kChannels + kRead;
  for (int64_t x = 0; x < width; ++x) {
    const uint8_t* from = in + weights.first[x] * kChannels;
    if (end - from < reach) return x;
    const int32_t* fixed = weights.fixed + x * weights.taps;
    __m256i sums = start;
    for (int64_t k = 0; k < weights.taps; k += 2) {
      sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(two_pixels<kChannels>(from + k * kChannels),
                                                       two_weights(fixed + k)));
    }
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    sum = _mm_sra_epi32(sum, _mm_cvtsi32_si128(weights.fraction_bits));
    sum = _mm_packs_epi32(sum, sum);
    const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
    __builtin_memcpy(out + x * kChannels, &pixel, kChannels);
  }
  return width;
}

MAE_AVX2 __m256i eight_samples(const uint8_t* from) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}

/// 32 samples of a row.
MAE_AVX2 void down(const uint8_t* in, int64_t stride, const int32_t* fixed, int64_t count,
                   int fraction_bits, uint8_t* out) {
  const __m256i start = _mm256_set1_epi32(1 << (fraction_bits - 1));
  __m256i a = start, b = start, c = start, d = start;
  for (int64_t k = 0; k < count; ++k, in += stride) {
    const __m256i weight = _mm256_set1_epi32(fixed[k]);
    a = _mm256_add_epi32(a, _mm256_mullo_epi32(eight_samples(in), weight));
    b = _mm256_add_epi32(b, _mm256_mullo_epi32(eight_samples(in + 8), weight));
    c = _mm256_add_epi32(c, _mm256_mullo_epi32(eight_samples(in + 16), weight));
    d = _mm256_add_epi32(d, _mm256_mullo_epi32(eight_samples(in + 24), weight));
  }
  const __m128i bits = _mm_cvtsi32_si128(fraction_bits);
  const __m256i ab = _mm256_packs_epi32(_mm256_sra_epi32(a, bits), _mm256_sra_epi32(b, bits));
  const __m256i cd = _mm256_packs_epi32(_mm256_sra_epi32(c, bits), _mm256_sra_epi32(d, bits));
  // Packing works on halves of 128 bits, which leaves the fours in the order 0 2 4 6, 1 3 5 7.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(ab, cd), order);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
}

}  // namespace

bool has_byte_sums() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

MAE_AVX2 int64_t sum_across(const uint8_t* in, const uint8_t* end, int channels,
                            const ByteWeights& weights, int64_t width, uint8_t* out) {
  return channels == 3 ? across<3>(in, end, weights, width, out)
                       : across<4>(in, end, weights, width, out);
}

MAE_AVX2 void sum_down(const uint8_t* in, int64_t stride, const int32_t* fixed, int64_t count,
                       int fraction_bits, int64_t samples, uint8_t* out) {
  int64_t done = 0;
  for (; done + kSamplesDown <= samples; done += kSamplesDown)
    down(in + done, stride, fixed, count, fraction_bits, out + done);
  // The last ones once more, together with some that are done already.
  const int64_t last = samples - kSamplesDown;
  if (done < samples) down(in + last, stride, fixed, count, fraction_bits, out + last);
}

}  // namespace mae::kernels

#else

namespace mae::kernels {

bool has_byte_sums() { return false; }
int64_t sum_across(const uint8_t*, const uint8_t*, int, const ByteWeights&, int64_t, uint8_t*) {
  return 0;
}
void sum_down(const uint8_t*, int64_t, const int32_t*, int64_t, int, int64_t, uint8_t*) {}

}  // namespace mae::kernels

#endif
