// The arithmetic of attention.h, included once by the file of each instruction set, which says how
// wide a vector is (MAE_VECTOR_BYTES) and how many rows and vectors a tile keeps in registers
// (MAE_TILE_ROWS, MAE_TILE_VECTORS). No standard header with code may come in here: an inline
// function compiled for a newer processor could be the one the linker keeps for all.
//
// A problem is one picture and head. Rows of queries are taken in blocks, so that the block's
// logits stay in the cache; probabilities are made again in backward rather than stored.
#pragma once

#include <cstdint>

#include "mae/ops/kernels/attention.h"
#include "mae/ops/kernels/vector_arithmetic.h"

namespace mae::kernels {
namespace {

constexpr int64_t kBlockRows = kAttentionBlockRows;

// exp(x) for x <= 0 (or above by a rounding) within two units of the last place; below the smallest
// normal number 0. By 2^n * e^r with |r| <= ln 2 / 2 and Taylor's polynomial of degree 7.
Vector exp_of_negative(Vector x) {
  constexpr float kSmallest = -87.0f, kLog2E = 1.44269504088896341f;
  constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  constexpr float kRound = 12582912.0f;  // adding it leaves a whole number in the last bits
  const IntVector too_small = x < kSmallest;
  x = too_small ? Vector{} + kSmallest : x;
  const Vector shifted = x * kLog2E + kRound;
  const Vector n = shifted - kRound;
  const Vector r = (x - n * kLn2High) - n * kLn2Low;
  Vector p = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const IntVector power = (__builtin_convertvector(n, IntVector) + 127) << 23;
  Vector factor;
  __builtin_memcpy(&factor, &power, sizeof factor);
  const Vector y = p * factor;
  return too_small ? Vector{} : y;
}

// A matrix read as a[row * row_step + column * column_step], so that it may be a transposed one.
struct View {
  const float* data;
  int64_t row_step, column_step;
};

// How elements of 32 bits are multiplied: one number each, or in attention_avx512_bf16.cpp a pair.
struct Numbers {
  static void add_product(Vector& sum, const float* factor, Vector row) { sum += *factor * row; }
};

// c [Rows, Vectors * kWidth] = or += a [Rows, depth] b [depth, ...]; b and c are rows of `b_step`
// and `c_step` floats, both whole vectors.
template <typename Elements, int Rows, int Vectors>
void multiply_tile(int64_t depth, View a, const float* b, int64_t b_step, float* c, int64_t c_step,
                   bool accumulate) {
  Vector sums[Rows][Vectors];
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Vectors; ++j)
      sums[i][j] = accumulate ? load(c + i * c_step + j * kWidth) : Vector{};
  }
  for (int64_t k = 0; k < depth; ++k) {
    Vector row[Vectors];
    for (int j = 0; j < Vectors; ++j) row[j] = load(b + k * b_step + j * kWidth);
    for (int i = 0; i < Rows; ++i) {
      const float* factor = a.data + i * a.row_step + k * a.column_step;
      for (int j = 0; j < Vectors; ++j) Elements::add_product(sums[i][j], factor, row[j]);
    }
  }
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Vectors; ++j) store(c + i * c_step + j * kWidth, sums[i][j]);
  }
}

// multiply_tile with as many rows as are left, fewer than a whole tile's.
template <typename Elements, int Rows, int Vectors>
void multiply_rest(int64_t rows, int64_t depth, View a, const float* b, int64_t b_step, float* c,
                   int64_t c_step, bool accumulate) {
  if constexpr (Rows > 0) {
    if (rows == Rows) {
      multiply_tile<Elements, Rows, Vectors>(depth, a, b, b_step, c, c_step, accumulate);
    } else {
      multiply_rest<Elements, Rows - 1, Vectors>(rows, depth, a, b, b_step, c, c_step, accumulate);
    }
  }
}

template <typename Elements, int Vectors>
void multiply_rows(int64_t rows, int64_t depth, View a, const float* b, int64_t b_step, float* c,
                   int64_t c_step, bool accumulate) {
  constexpr int kRows = MAE_TILE_ROWS;
  int64_t i = 0;
  const auto from = [&](int64_t row) {
    return View{a.data + row * a.row_step, a.row_step, a.column_step};
  };
  for (; i + kRows <= rows; i += kRows)
    multiply_tile<Elements, kRows, Vectors>(depth, from(i), b, b_step, c + i * c_step, c_step,
                                            accumulate);
  multiply_rest<Elements, kRows - 1, Vectors>(rows - i, depth, from(i), b, b_step, c + i * c_step,
                                              c_step, accumulate);
}

// c [rows, columns] = or += a [rows, depth] b [depth, columns]; columns are whole vectors.
template <typename Elements = Numbers>
void multiply(int64_t rows, int64_t columns, int64_t depth, View a, const float* b, int64_t b_step,
              float* c, int64_t c_step, bool accumulate) {
  constexpr int kVectors = MAE_TILE_VECTORS;
  int64_t j = 0;
  for (; j + kVectors * kWidth <= columns; j += kVectors * kWidth)
    multiply_rows<Elements, kVectors>(rows, depth, a, b + j, b_step, c + j, c_step, accumulate);
  for (; kVectors > 2 && j + 2 * kWidth <= columns; j += 2 * kWidth)
    multiply_rows<Elements, 2>(rows, depth, a, b + j, b_step, c + j, c_step, accumulate);
  for (; j < columns; j += kWidth)
    multiply_rows<Elements, 1>(rows, depth, a, b + j, b_step, c + j, c_step, accumulate);
}

// Parts of the scratch memory, handed out in whole cache lines.
struct Scratch {
  float* next;
  float* take(int64_t floats) {
    float* part = next;
    next += (floats + 15) / 16 * 16;
    return part;
  }
};

// One problem's place in the tensors.
struct Problem {
  Problem(const AttentionShape& shape, int64_t index)
      : L(shape.length),
        d(shape.head_dim),
        width(shape.heads * shape.head_dim),
        Lp(padded(shape.length)),
        dp(padded(shape.head_dim)),
        first(index / shape.heads * shape.length),
        head(index % shape.heads * shape.head_dim),
        blocks((shape.length + kBlockRows - 1) / kBlockRows),
        scale(1.0f / __builtin_sqrtf(static_cast<float>(shape.head_dim))) {}
  // Where row l of queries (0), keys (1) or values (2) begins.
  int64_t input(int64_t l, int64_t which) const { return ((first + l) * 3 + which) * width + head; }
  int64_t output(int64_t l) const { return (first + l) * width + head; }
  // Where block i of the queries begins; blocks are of about the same size.
  int64_t block(int64_t i) const { return L * i / blocks; }

  int64_t L, d, width;
  int64_t Lp, dp;  // in whole vectors
  int64_t first, head;
  int64_t blocks;
  float scale;
};

// Rows of d elements, `step` apart, to rows of dp floats, the rest 0.
template <typename T>
void pack(const T* from, int64_t step, int64_t rows, const Problem& p, float scale, float* to) {
  for (int64_t l = 0; l < rows; ++l) {
    for (int64_t k = 0; k < p.dp; k += kWidth)
      store(to + l * p.dp + k, load_part(from + l * step + k, p.d - k) * scale);
  }
}

// A tile of kWidth x kWidth, of which `rows` and `columns` are there and the rest is 0; the loops
// are unrolled so that it never leaves the registers.
template <typename T>
void transpose_tile(const T* from, int64_t step, int64_t rows, int64_t columns, float* to,
                    int64_t to_step) {
  Vector tile[kWidth];
#pragma GCC unroll 16
  for (int64_t i = 0; i < kWidth; ++i)
    tile[i] = i < rows ? load_part(from + i * step, columns) : Vector{};
  transpose<kWidth / 2>(tile);
#pragma GCC unroll 16
  for (int64_t i = 0; i < kWidth; ++i) {
    if (i < columns) store(to + i * to_step, tile[i]);
  }
}

// Rows of elements, `step` apart, to columns: [columns, padded(rows)], the rest 0.
template <typename T>
void pack_transposed(const T* from, int64_t step, int64_t rows, int64_t columns, float* to) {
  const int64_t to_step = padded(rows);
  for (int64_t l = 0; l < rows; l += kWidth) {
    for (int64_t k = 0; k < columns; k += kWidth)
      transpose_tile(from + l * step + k, step, rows - l, columns - k, to + k * to_step + l,
                     to_step);
  }
}

template <typename T>
void unpack(const float* from, int64_t rows, const Problem& p, float scale, T* to, int64_t step) {
  for (int64_t l = 0; l < rows; ++l) {
    for (int64_t k = 0; k < p.d; k += kWidth)
      store_part(load(from + l * p.dp + k) * scale, to + l * step + k, p.d - k);
  }
}

// The logits [Lp] from lane l on, where there are no keys as if they were infinitely far away.
Vector logits_at(const float* logits, int64_t l, const Problem& p) {
  constexpr float kNoKey = -1e30f;
  const Vector x = load(logits + l);
  if (l + kWidth <= p.L) return x;
  return lanes() < static_cast<int32_t>(p.L - l) ? x : Vector{} + kNoKey;
}

// logits [Lp] -> exp(logit - shift), 0 behind the last key; returns their sum.
float exponentials(float* logits, const Problem& p, float shift) {
  Vector sum{};
  for (int64_t l = 0; l < p.Lp; l += kWidth) {
    const Vector e = exp_of_negative(logits_at(logits, l, p) - shift);
    store(logits + l, e);
    sum += e;
  }
  return sum_of(sum);
}

float largest(const float* logits, const Problem& p) {
  Vector max = logits_at(logits, 0, p);
  for (int64_t l = kWidth; l < p.Lp; l += kWidth) {
    const Vector next = logits_at(logits, l, p);
    max = next > max ? next : max;
  }
  return max_of(max);
}

template <typename T>
void forward_problem(const Problem& p, const T* qkv, T* out, float* logsumexp, float* memory) {
  Scratch scratch{memory};
  float* keys = scratch.take(p.d * p.Lp);  // transposed
  float* values = scratch.take(p.L * p.dp);
  float* queries = scratch.take(kBlockRows * p.dp);
  float* logits = scratch.take(kBlockRows * p.Lp);
  float* sums = scratch.take(kBlockRows * p.dp);
  const int64_t step = 3 * p.width;
  pack_transposed(qkv + p.input(0, 1), step, p.L, p.d, keys);
  pack(qkv + p.input(0, 2), step, p.L, p, 1.0f, values);
  for (int64_t block = 0; block < p.blocks; ++block) {
    const int64_t first = p.block(block), rows = p.block(block + 1) - first;
    pack(qkv + p.input(first, 0), step, rows, p, p.scale, queries);
    multiply(rows, p.Lp, p.d, {queries, p.dp, 1}, keys, p.Lp, logits, p.Lp, false);
    float inverse[kBlockRows];
    for (int64_t r = 0; r < rows; ++r) {
      const float max = largest(logits + r * p.Lp, p);
      const float sum = exponentials(logits + r * p.Lp, p, max);
      inverse[r] = 1.0f / sum;
      if (logsumexp != nullptr) logsumexp[first + r] = max + __builtin_logf(sum);
    }
    multiply(rows, p.dp, p.L, {logits, p.Lp, 1}, values, p.dp, sums, p.dp, false);
    for (int64_t r = 0; r < rows; ++r)
      unpack(sums + r * p.dp, 1, p, inverse[r], out + p.output(first + r), p.width);
  }
}

// P and dP [Lp] of one row -> dS = P * (dP - sum(P * dP)) in place of dP.
void softmax_backward(const float* probabilities, float* grad, const Problem& p) {
  Vector sum{};
  for (int64_t l = 0; l < p.Lp; l += kWidth) sum += load(probabilities + l) * load(grad + l);
  const float mean = sum_of(sum);
  for (int64_t l = 0; l < p.Lp; l += kWidth)
    store(grad + l, load(probabilities + l) * (load(grad + l) - mean));
}

template <typename T>
void backward_problem(const Problem& p, const T* qkv, const T* grad_out, const float* logsumexp,
                      T* grad_qkv, float* memory) {
  Scratch scratch{memory};
  float* keys_t = scratch.take(p.d * p.Lp);
  float* values_t = scratch.take(p.d * p.Lp);
  float* keys = scratch.take(p.L * p.dp);
  float* grad_keys = scratch.take(p.L * p.dp);
  float* grad_values = scratch.take(p.L * p.dp);
  float* queries = scratch.take(kBlockRows * p.dp);
  float* grads = scratch.take(kBlockRows * p.dp);
  float* grad_queries = scratch.take(kBlockRows * p.dp);
  float* probabilities = scratch.take(kBlockRows * p.Lp);
  float* grad_logits = scratch.take(kBlockRows * p.Lp);
  const int64_t step = 3 * p.width;
  pack_transposed(qkv + p.input(0, 1), step, p.L, p.d, keys_t);
  pack_transposed(qkv + p.input(0, 2), step, p.L, p.d, values_t);
  pack(qkv + p.input(0, 1), step, p.L, p, 1.0f, keys);
  for (int64_t block = 0; block < p.blocks; ++block) {
    const int64_t first = p.block(block), rows = p.block(block + 1) - first;
    const bool more = first > 0;
    pack(qkv + p.input(first, 0), step, rows, p, p.scale, queries);
    pack(grad_out + p.output(first), p.width, rows, p, 1.0f, grads);
    multiply(rows, p.Lp, p.d, {queries, p.dp, 1}, keys_t, p.Lp, probabilities, p.Lp, false);
    multiply(rows, p.Lp, p.d, {grads, p.dp, 1}, values_t, p.Lp, grad_logits, p.Lp, false);
    for (int64_t r = 0; r < rows; ++r) {
      exponentials(probabilities + r * p.Lp, p, logsumexp[first + r]);
      softmax_backward(probabilities + r * p.Lp, grad_logits + r * p.Lp, p);
    }
    multiply(p.L, p.dp, rows, {probabilities, 1, p.Lp}, grads, p.dp, grad_values, p.dp, more);
    multiply(p.L, p.dp, rows, {grad_logits, 1, p.Lp}, queries, p.dp, grad_keys, p.dp, more);
    multiply(rows, p.dp, p.L, {grad_logits, p.Lp, 1}, keys, p.dp, grad_queries, p.dp, false);
    unpack(grad_queries, rows, p, p.scale, grad_qkv + p.input(first, 0), step);
  }
  unpack(grad_keys, p.L, p, 1.0f, grad_qkv + p.input(0, 1), step);
  unpack(grad_values, p.L, p, 1.0f, grad_qkv + p.input(0, 2), step);
}

template <typename T>
void forward(const AttentionShape& shape, const T* qkv, T* out, float* logsumexp, int64_t begin,
             int64_t end, float* scratch) {
  for (int64_t i = begin; i < end; ++i)
    forward_problem(Problem(shape, i), qkv, out,
                    logsumexp == nullptr ? nullptr : logsumexp + i * shape.length, scratch);
}

template <typename T>
void backward(const AttentionShape& shape, const T* qkv, const T* grad_out, const float* logsumexp,
              T* grad_qkv, int64_t begin, int64_t end, float* scratch) {
  for (int64_t i = begin; i < end; ++i)
    backward_problem(Problem(shape, i), qkv, grad_out, logsumexp + i * shape.length, grad_qkv,
                     scratch);
}

constexpr AttentionKernels make_kernels(const char* name) {
  return {name, forward<float>, forward<uint16_t>, backward<float>, backward<uint16_t>};
}

}  // namespace
}  // namespace mae::kernels
