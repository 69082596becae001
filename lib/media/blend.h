// Pillow's blend of a picture with a degenerate version of itself, which its colour, contrast,
// brightness and sharpness are made of. Private to media.
#pragma once

#include <algorithm>

namespace mae {

/// degenerate + factor * (value - degenerate) in float32, clamped and truncated, as Pillow does; so
/// 8-bit results equal its to the bit.
template <typename Sample>
Sample blend(int degenerate, int value, float factor) {
  constexpr float kMax = sizeof(Sample) == 1 ? 255.0f : 65535.0f;
  const float mixed =
      static_cast<float>(degenerate) + factor * static_cast<float>(value - degenerate);
  return static_cast<Sample>(std::clamp(mixed, 0.0f, kMax));
}

}  // namespace mae
