// Vectors of MAE_VECTOR_BYTES, for the files that are compiled once for each instruction set. No
// standard header with code may come in here: an inline function compiled for a newer processor
// could be the one the linker keeps for all.
#pragma once

#include <cstdint>

namespace mae::kernels {
namespace {

constexpr int64_t kWidth = MAE_VECTOR_BYTES / 4;
typedef float Vector __attribute__((vector_size(MAE_VECTOR_BYTES), may_alias));
typedef int32_t IntVector __attribute__((vector_size(MAE_VECTOR_BYTES)));

[[maybe_unused]] int64_t padded(int64_t n) { return (n + kWidth - 1) / kWidth * kWidth; }

[[maybe_unused]] Vector load(const float* from) { return *reinterpret_cast<const Vector*>(from); }
[[maybe_unused]] void store(float* to, Vector value) { *reinterpret_cast<Vector*>(to) = value; }

[[maybe_unused]] float to_float(float value) { return value; }
[[maybe_unused]] float to_float(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  __builtin_memcpy(&value, &wide, sizeof value);
  return value;
}
[[maybe_unused]] void put(float value, float* to) { *to = value; }
// Rounds to nearest even; a NaN stays one, since its high bits are kept.
[[maybe_unused]] void put(float value, uint16_t* to) {
  uint32_t wide;
  __builtin_memcpy(&wide, &value, sizeof wide);
  const uint32_t rounded = (wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16;
  const bool is_nan = (wide & 0x7fffffffu) > 0x7f800000u;
  *to = static_cast<uint16_t>(is_nan ? (wide >> 16) | 0x40u : rounded);
}

// 0, 1, 2, ... by lane.
[[maybe_unused]] IntVector lanes() {
  IntVector lane{};
  for (int i = 0; i < kWidth; ++i) lane[i] = i;
  return lane;
}

// Pairs of lanes ever closer to each other, so that all lanes hold the result.
[[maybe_unused]] float sum_of(Vector v) {
  for (int step = kWidth / 2; step > 0; step /= 2) v += __builtin_shuffle(v, lanes() ^ step);
  return v[0];
}

[[maybe_unused]] float max_of(Vector v) {
  for (int step = kWidth / 2; step > 0; step /= 2) {
    const Vector other = __builtin_shuffle(v, lanes() ^ step);
    v = other > v ? other : v;
  }
  return v[0];
}

typedef uint32_t BitVector __attribute__((vector_size(MAE_VECTOR_BYTES)));
typedef uint16_t HalfVector __attribute__((vector_size(MAE_VECTOR_BYTES / 2)));

// Elements from any address, as floats.
[[maybe_unused]] Vector load_elements(const float* from) {
  Vector value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
[[maybe_unused]] Vector load_elements(const uint16_t* from) {
  HalfVector bits;
  __builtin_memcpy(&bits, from, sizeof bits);
  const BitVector wide = __builtin_convertvector(bits, BitVector) << 16;
  Vector value;
  __builtin_memcpy(&value, &wide, sizeof value);
  return value;
}

[[maybe_unused]] void store_elements(Vector value, float* to) {
  __builtin_memcpy(to, &value, sizeof value);
}
// As put() rounds.
[[maybe_unused]] void store_elements(Vector value, uint16_t* to) {
  BitVector wide;
  __builtin_memcpy(&wide, &value, sizeof wide);
  const BitVector rounded = (wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16;
  const auto is_nan = (BitVector)((wide & 0x7fffffffu) > 0x7f800000u);
  const BitVector kept = (wide >> 16) | 0x40u;
  const HalfVector bits =
      __builtin_convertvector((is_nan & kept) | (~is_nan & rounded), HalfVector);
  __builtin_memcpy(to, &bits, sizeof bits);
}

// Blocks of Step x Step lanes beside the diagonal change places, then smaller ones in each block.
template <int Step>
void transpose(Vector rows[kWidth]) {
  if constexpr (Step > 0) {
    const IntVector right = (lanes() & Step) != 0;  // -1 or 0
    const IntVector above = right ? lanes() + static_cast<int32_t>(kWidth - Step) : lanes();
    const IntVector below = right ? lanes() + static_cast<int32_t>(kWidth) : lanes() + Step;
#pragma GCC unroll 16
    for (int i = 0; i < kWidth; ++i) {
      if ((i & Step) != 0) continue;
      const Vector a = rows[i], b = rows[i + Step];
      rows[i] = __builtin_shuffle(a, b, above);
      rows[i + Step] = __builtin_shuffle(a, b, below);
    }
    transpose<Step / 2>(rows);
  }
}

// The first `count` elements where fewer than a vector are left, the other lanes 0.
template <typename T>
Vector load_part(const T* from, int64_t count) {
  if (count >= kWidth) return load_elements(from);
  Vector value{};
  for (int64_t i = 0; i < count; ++i) value[i] = to_float(from[i]);
  return value;
}
template <typename T>
void store_part(Vector value, T* to, int64_t count) {
  if (count >= kWidth) return store_elements(value, to);
  for (int64_t i = 0; i < count; ++i) put(value[i], to + i);
}

}  // namespace
}  // namespace mae::kernels
