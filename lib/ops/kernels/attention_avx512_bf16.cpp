// Attention for AVX512-BF16, which multiplies pairs of bfloat16 numbers and adds both products to a
// float sum. Where depth is counted in pairs, an element of 32 bits holds two neighbours along it.
// Probabilities and their gradients are rounded to bfloat16 before they are multiplied; sums,
// exponentials and normalisation are float. Float tensors, and heads of odd width, take the way of
// attention_arithmetic.h.
#include <immintrin.h>  // its functions are always inlined, so none can replace another file's

#define MAE_VECTOR_BYTES 64
#define MAE_TILE_ROWS 6
#define MAE_TILE_VECTORS 4
#include "mae/ops/kernels/attention_arithmetic.h"
#include "mae/ops/kernels/attention_sets.h"

namespace mae::kernels {
namespace {

struct Pairs {
  static void add_product(Vector& sum, const float* factor, Vector row) {
    int32_t bits;
    __builtin_memcpy(&bits, factor, sizeof bits);
    sum = (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32(bits), (__m512bh)row);
  }
};

// For addresses alone: what lies there are pairs.
const float* as_pairs(const uint16_t* from) { return reinterpret_cast<const float*>(from); }

HalfVector rounded(Vector value) { return (HalfVector)_mm512_cvtneps_pbh((__m512)value); }

void store_rounded(Vector value, uint16_t* to) {
  const HalfVector bits = rounded(value);
  __builtin_memcpy(to, &bits, sizeof bits);
}

constexpr __mmask16 kAllLanes = 0xffff;  // GCC warns of the functions without a mask

// For the first `count` lanes, which may be more than there are.
__mmask16 first_lanes(int64_t count) {
  return static_cast<__mmask16>(count >= kWidth ? kAllLanes : (1 << count) - 1);
}

// Lanes of the one in the low, of the other in the high halves.
Vector pairs_of(HalfVector low, HalfVector high) {
  return (Vector)(__builtin_convertvector(low, BitVector) |
                  (__builtin_convertvector(high, BitVector) << 16));
}

// The first `count` elements, the other lanes 0.
HalfVector load_half(const uint16_t* from, int64_t count) {
  return (HalfVector)_mm256_maskz_loadu_epi16(first_lanes(count), from);
}

// Rows of d elements, `step` apart, to rows of dp pairs, each of two rows.
void pack_row_pairs(const uint16_t* from, int64_t step, int64_t rows, const Problem& p, float* to) {
  for (int64_t l = 0; l < rows; l += 2, to += p.dp) {
    for (int64_t k = 0; k < p.dp; k += kWidth) {
      const HalfVector low = load_half(from + l * step + k, p.d - k);
      const HalfVector high =
          l + 1 < rows ? load_half(from + (l + 1) * step + k, p.d - k) : HalfVector{};
      store(to + k, pairs_of(low, high));
    }
  }
}

// Rows of dp floats, times `scale`, to rows of d elements, `step` apart.
void unpack_rounded(const float* from, int64_t rows, const Problem& p, float scale, uint16_t* to,
                    int64_t step) {
  for (int64_t l = 0; l < rows; ++l) {
    for (int64_t k = 0; k < p.d; k += kWidth)
      _mm256_mask_storeu_epi16(to + l * step + k, first_lanes(p.d - k),
                               (__m256i)rounded(load(from + l * p.dp + k) * scale));
  }
}

// 2^x for x <= 0 (or above by a rounding) within 3e-6 of it, far closer than bfloat16 keeps; 0 for
// what is far below. By 2^n * 2^r with |r| <= 1/2 and Taylor's polynomial of degree 5.
Vector power_of_two(Vector x) {
  const __m512 n = _mm512_maskz_roundscale_ps(kAllLanes, (__m512)x, _MM_FROUND_TO_NEAREST_INT);
  const Vector r = x - (Vector)n;
  Vector p = r * 1.3333558146e-3f + 9.6181291076e-3f;
  p = p * r + 5.5504108665e-2f;
  p = p * r + 2.4022650696e-1f;
  p = p * r + 6.9314718056e-1f;
  p = p * r + 1.0f;
  return (Vector)_mm512_maskz_scalef_ps(kAllLanes, (__m512)p, n);
}

// exp(logit * scale - shift) of lanes l and up, where the scale and the shift are times log2(e).
Vector exponential_at(const float* logits, int64_t l, const Problem& p, float scale, float shift) {
  return power_of_two(logits_at(logits, l, p) * scale - shift);
}

constexpr float kLog2E = 1.44269504088896341f, kLn2 = 0.693147180559945309f;

// Rows of the problem that comes next, asked for while this one's are computed: they are far apart,
// so that the processor would not guess them.
struct Upcoming {
  Upcoming(const AttentionShape& shape, int64_t index, int64_t end, const uint16_t* qkv)
      : problem(shape, index < end ? index : end - 1), from(qkv) {}
  void fetch(const uint16_t* row) const {
    constexpr int64_t kLine = 64 / sizeof(uint16_t);
    for (int64_t k = 0; k < problem.d; k += kLine) __builtin_prefetch(row + k);
  }
  void fetch_inputs(int64_t l) const {
    for (int64_t which = 0; which < 3; ++which) fetch(from + problem.input(l, which));
  }

  Problem problem;
  const uint16_t* from;
};

void forward_pairs(const Problem& p, const Upcoming& upcoming, const uint16_t* qkv, uint16_t* out,
                   float* logsumexp, float* memory) {
  Scratch scratch{memory};
  const int64_t step = 3 * p.width, depth = p.d / 2, length = (p.L + 1) / 2;
  const float scale = p.scale * kLog2E;
  float* keys = scratch.take(depth * p.Lp);  // transposed
  float* values = scratch.take(length * p.dp);
  float* logits = scratch.take(kBlockRows * p.Lp);
  float* probabilities = scratch.take(kBlockRows * p.Lp / 2);
  float* sums = scratch.take(kBlockRows * p.dp);
  pack_transposed(as_pairs(qkv + p.input(0, 1)), step / 2, p.L, depth, keys);
  pack_row_pairs(qkv + p.input(0, 2), step, p.L, p, values);
  for (int64_t block = 0; block < p.blocks; ++block) {
    const int64_t first = p.block(block), rows = p.block(block + 1) - first;
    const View queries{as_pairs(qkv + p.input(first, 0)), step / 2, 1};
    multiply<Pairs>(rows, p.Lp, depth, queries, keys, p.Lp, logits, p.Lp, false);
    float inverse[kBlockRows];
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = logits + r * p.Lp;
      auto* to = reinterpret_cast<uint16_t*>(probabilities + r * p.Lp / 2);
      upcoming.fetch_inputs(first + r);
      const float max = largest(row, p) * scale;
      Vector sum{};
      for (int64_t l = 0; l < p.Lp; l += kWidth) {
        const Vector e = exponential_at(row, l, p, scale, max);
        store_rounded(e, to + l);
        sum += e;
      }
      const float total = sum_of(sum);
      inverse[r] = 1.0f / total;
      if (logsumexp != nullptr) logsumexp[first + r] = max * kLn2 + __builtin_logf(total);
    }
    multiply<Pairs>(rows, p.dp, length, {probabilities, p.Lp / 2, 1}, values, p.dp, sums, p.dp,
                    false);
    for (int64_t r = 0; r < rows; ++r)
      unpack_rounded(sums + r * p.dp, 1, p, inverse[r], out + p.output(first + r), p.width);
  }
}

// Logits in `probabilities` and dP in `grads`, of two rows each (or one, and then zeros), become
// pairs of the two rows' P and dS = P * (dP - sum(P * dP)), in the first row's place; dS also goes
// to `by_row`, rows of Lp bfloat16.
void softmax_backward_pairs(float* probabilities, float* grads, const Problem& p,
                            const float* logsumexp, bool is_single, uint16_t* by_row) {
  const float scale = p.scale * kLog2E;
  float mean[2] = {};
  for (int64_t r = 0; r < (is_single ? 1 : 2); ++r) {
    Vector sum{};
    float* row = probabilities + r * p.Lp;
    for (int64_t l = 0; l < p.Lp; l += kWidth) {
      const Vector e = exponential_at(row, l, p, scale, logsumexp[r] * kLog2E);
      store(row + l, e);
      sum += e * load(grads + r * p.Lp + l);
    }
    mean[r] = sum_of(sum);
  }
  for (int64_t l = 0; l < p.Lp; l += kWidth) {
    const Vector first = load(probabilities + l);
    const Vector first_grad = first * (load(grads + l) - mean[0]);
    Vector second{}, second_grad{};
    store_rounded(first_grad, by_row + l);
    if (!is_single) {
      second = load(probabilities + p.Lp + l);
      second_grad = second * (load(grads + p.Lp + l) - mean[1]);
      store_rounded(second_grad, by_row + p.Lp + l);
    }
    store(probabilities + l, pairs_of(rounded(first), rounded(second)));
    store(grads + l, pairs_of(rounded(first_grad), rounded(second_grad)));
  }
}

void backward_pairs(const Problem& p, const Upcoming& upcoming, const uint16_t* qkv,
                    const uint16_t* grad_out, const float* logsumexp, uint16_t* grad_qkv,
                    float* memory) {
  Scratch scratch{memory};
  const int64_t step = 3 * p.width, depth = p.d / 2, length = (p.L + 1) / 2;
  float* keys_t = scratch.take(depth * p.Lp);
  float* values_t = scratch.take(depth * p.Lp);
  float* keys = scratch.take(length * p.dp);
  float* grad_keys = scratch.take(p.L * p.dp);
  float* grad_values = scratch.take(p.L * p.dp);
  float* queries = scratch.take(kBlockRows / 2 * p.dp);
  float* grads = scratch.take(kBlockRows / 2 * p.dp);
  float* grad_queries = scratch.take(kBlockRows * p.dp);
  float* probabilities = scratch.take(kBlockRows * p.Lp);
  float* grad_logits = scratch.take(kBlockRows * p.Lp);
  float* grad_logits_by_row = scratch.take(kBlockRows * p.Lp / 2);
  pack_transposed(as_pairs(qkv + p.input(0, 1)), step / 2, p.L, depth, keys_t);
  pack_transposed(as_pairs(qkv + p.input(0, 2)), step / 2, p.L, depth, values_t);
  pack_row_pairs(qkv + p.input(0, 1), step, p.L, p, keys);
  for (int64_t block = 0; block < p.blocks; ++block) {
    const int64_t first = p.block(block), rows = p.block(block + 1) - first, half = (rows + 1) / 2;
    const bool more = first > 0;
    const View from{as_pairs(qkv + p.input(first, 0)), step / 2, 1};
    const View from_grads{as_pairs(grad_out + p.output(first)), p.width / 2, 1};
    multiply<Pairs>(rows, p.Lp, depth, from, keys_t, p.Lp, probabilities, p.Lp, false);
    multiply<Pairs>(rows, p.Lp, depth, from_grads, values_t, p.Lp, grad_logits, p.Lp, false);
    for (int64_t r = 0; r < rows; ++r) {
      upcoming.fetch_inputs(first + r);
      upcoming.fetch(grad_out + upcoming.problem.output(first + r));
    }
    for (int64_t r = 0; r < rows; r += 2)
      softmax_backward_pairs(probabilities + r * p.Lp, grad_logits + r * p.Lp, p,
                             logsumexp + first + r, r + 1 == rows,
                             reinterpret_cast<uint16_t*>(grad_logits_by_row) + r * p.Lp);
    pack_row_pairs(qkv + p.input(first, 0), step, rows, p, queries);
    pack_row_pairs(grad_out + p.output(first), p.width, rows, p, grads);
    multiply<Pairs>(p.L, p.dp, half, {probabilities, 1, 2 * p.Lp}, grads, p.dp, grad_values, p.dp,
                    more);
    multiply<Pairs>(p.L, p.dp, half, {grad_logits, 1, 2 * p.Lp}, queries, p.dp, grad_keys, p.dp,
                    more);
    multiply<Pairs>(rows, p.dp, length, {grad_logits_by_row, p.Lp / 2, 1}, keys, p.dp, grad_queries,
                    p.dp, false);
    unpack_rounded(grad_queries, rows, p, p.scale, grad_qkv + p.input(first, 0), step);
  }
  unpack_rounded(grad_keys, p.L, p, p.scale, grad_qkv + p.input(0, 1), step);
  unpack_rounded(grad_values, p.L, p, 1.0f, grad_qkv + p.input(0, 2), step);
}

void forward_bfloat16(const AttentionShape& shape, const uint16_t* qkv, uint16_t* out,
                      float* logsumexp, int64_t begin, int64_t end, float* scratch) {
  if (shape.head_dim % 2 != 0)
    return forward<uint16_t>(shape, qkv, out, logsumexp, begin, end, scratch);
  for (int64_t i = begin; i < end; ++i)
    forward_pairs(Problem(shape, i), Upcoming(shape, i + 1, end, qkv), qkv, out,
                  logsumexp == nullptr ? nullptr : logsumexp + i * shape.length, scratch);
}

void backward_bfloat16(const AttentionShape& shape, const uint16_t* qkv, const uint16_t* grad_out,
                       const float* logsumexp, uint16_t* grad_qkv, int64_t begin, int64_t end,
                       float* scratch) {
  if (shape.head_dim % 2 != 0)
    return backward<uint16_t>(shape, qkv, grad_out, logsumexp, grad_qkv, begin, end, scratch);
  for (int64_t i = begin; i < end; ++i)
    backward_pairs(Problem(shape, i), Upcoming(shape, i + 1, end, qkv), qkv, grad_out,
                   logsumexp + i * shape.length, grad_qkv, scratch);
}

}  // namespace

const AttentionKernels kAttentionAvx512Bf16 = {"avx512-bf16", forward<float>, forward_bfloat16,
                                               backward<float>, backward_bfloat16};

}  // namespace mae::kernels
