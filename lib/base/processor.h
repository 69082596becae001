// What this processor computes fast.
#pragma once

namespace mae {

/// Products of bfloat16 numbers in hardware (AVX512-BF16).
bool has_bfloat16_products();

/// Products of 8-bit numbers with sums that cannot overflow (AVX512-VNNI). Without it their sums
/// saturate.
bool has_int8_products();

}  // namespace mae
