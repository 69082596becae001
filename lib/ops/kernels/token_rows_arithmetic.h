// The arithmetic of token_rows.h, included once by the file of each instruction set. See
// vector_arithmetic.h for what may not come in here.
#pragma once

#include "mae/ops/kernels/token_rows.h"
#include "mae/ops/kernels/vector_arithmetic.h"

namespace mae::kernels {
namespace {

// 0 in the lanes behind the last column, so that they add nothing to a sum.
Vector only_first(Vector value, int64_t count) {
  if (count >= kWidth) return value;
  return lanes() < static_cast<int32_t>(count) ? value : Vector{};
}

template <typename T>
void norm_row(const NormRows<T>& rows, int64_t row) {
  const int64_t D = rows.columns, first = row * D;
  const float* x = rows.x + first;
  Vector total{};
  if (rows.branch != nullptr) {
    float* sum = rows.sum + first;
    for (int64_t k = 0; k < D; k += kWidth) {
      const Vector y = load_part(x + k, D - k) + load_part(rows.branch + first + k, D - k);
      store_part(y, sum + k, D - k);
      total += y;
    }
    x = sum;
  } else {
    for (int64_t k = 0; k < D; k += kWidth) total += load_part(x + k, D - k);
  }
  const float mean = sum_of(total) / static_cast<float>(D);
  Vector squares{};
  for (int64_t k = 0; k < D; k += kWidth) {
    const Vector deviation = only_first(load_part(x + k, D - k) - mean, D - k);
    squares += deviation * deviation;
  }
  const float variance = sum_of(squares) / static_cast<float>(D);
  const float rstd = 1.0f / __builtin_sqrtf(variance + rows.eps);
  for (int64_t k = 0; k < D; k += kWidth) {
    const Vector normed = (load_part(x + k, D - k) - mean) * rstd;
    store_part(normed * load_part(rows.weight + k, D - k) + load_part(rows.bias + k, D - k),
               rows.out + first + k, D - k);
  }
  if (rows.mean == nullptr) return;
  rows.mean[row] = mean;
  rows.rstd[row] = rstd;
}

// With g = grad_out * weight and n = the normed row:
// grad_x = grad_sum + rstd * (g - mean(g) - n * mean(g * n)).
template <typename T>
void norm_grad_row(const NormGradRows<T>& rows, int64_t row, float* grad_weight, float* grad_bias) {
  const int64_t D = rows.columns, first = row * D;
  const float mean = rows.mean[row], rstd = rows.rstd[row];
  const float* x = rows.sum + first;
  const T* grad_out = rows.grad_out + first;
  Vector sum_g{}, sum_gn{};
  for (int64_t k = 0; k < D; k += kWidth) {
    const int64_t left = D - k;
    const Vector n = (load_part(x + k, left) - mean) * rstd, out = load_part(grad_out + k, left);
    const Vector g = out * load_part(rows.weight + k, left);
    sum_g += g;
    sum_gn += g * n;
    store_part(load_part(grad_weight + k, left) + out * n, grad_weight + k, left);
    store_part(load_part(grad_bias + k, left) + out, grad_bias + k, left);
  }
  const float mean_g = sum_of(sum_g) / static_cast<float>(D);
  const float mean_gn = sum_of(sum_gn) / static_cast<float>(D);
  for (int64_t k = 0; k < D; k += kWidth) {
    const int64_t left = D - k;
    const Vector n = (load_part(x + k, left) - mean) * rstd;
    const Vector g = load_part(grad_out + k, left) * load_part(rows.weight + k, left);
    Vector grad = (g - mean_g - n * mean_gn) * rstd;
    if (rows.grad_sum != nullptr) grad += load_part(rows.grad_sum + first + k, left);
    store_part(grad, rows.grad_x + first + k, left);
    if (rows.grad_branch != nullptr) store_part(grad, rows.grad_branch + first + k, left);
  }
}

template <typename T>
void norm(const NormRows<T>& rows, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) norm_row(rows, row);
}

template <typename T>
void norm_grad(const NormGradRows<T>& rows, int64_t begin, int64_t end, float* grad_weight,
               float* grad_bias) {
  for (int64_t row = begin; row < end; ++row) norm_grad_row(rows, row, grad_weight, grad_bias);
}

void add(const float* x, const uint16_t* branch, float* sum, int64_t n) {
  for (int64_t k = 0; k < n; k += kWidth)
    store_part(load_part(x + k, n - k) + load_part(branch + k, n - k), sum + k, n - k);
}

typedef uint8_t ByteVector __attribute__((vector_size(MAE_VECTOR_BYTES / 4)));

template <typename T>
void round_row(const RoundedRows<T>& rows, int64_t row) {
  constexpr float kRound = 12582912.0f;  // adding it leaves a whole number in the last bits
  const int64_t D = rows.columns, first = row * D;
  for (int64_t k = 0; k < D; k += kWidth) {
    const int64_t left = D - k;
    Vector y =
        load_part(rows.x + first + k, left) * load_part(rows.inverse + k, left) + rows.zero_point;
    y = y > 0.0f ? y : Vector{};
    y = y < 255.0f ? y : Vector{} + 255.0f;
    const IntVector whole = __builtin_convertvector((y + kRound) - kRound, IntVector);
    const ByteVector bytes = __builtin_convertvector(whole, ByteVector);
    __builtin_memcpy(rows.out + first + k, &bytes,
                     static_cast<uint64_t>(left < kWidth ? left : kWidth));
  }
}

template <typename T>
void round_rows(const RoundedRows<T>& rows, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) round_row(rows, row);
}

constexpr TokenRowKernels make_token_row_kernels(const char* name) {
  return {name, norm<float>,       norm<uint16_t>,      norm_grad<float>, norm_grad<uint16_t>,
          add,  round_rows<float>, round_rows<uint16_t>};
}

}  // namespace
}  // namespace mae::kernels
