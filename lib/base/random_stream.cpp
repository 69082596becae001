// Philox4x32-10 and the few distributions the toolkit draws from.
#include "mae/base/random_stream.h"

#include <cassert>
#include <cmath>

#include "xxhash.h"

namespace mae {
namespace {

constexpr double kTwoPi = 6.283185307179586476925286766559;

// Logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang 2000). In logarithms, because for
// small shapes the variate itself underflows to zero and Beta would become 0/0.
double log_gamma_variate(RandomStream& random, double shape) {
  if (shape < 1) {
    const double boost = std::log(1 - random.uniform()) / shape;
    return log_gamma_variate(random, shape + 1) + boost;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = random.normal();
    const double v = 1.0 + c * x;
    if (v <= 0) continue;
    const double log_v = 3 * std::log(v);
    const double u = 1 - random.uniform();  // (0, 1]
    if (std::log(u) < 0.5 * x * x + d - d * std::exp(log_v) + d * log_v) return std::log(d) + log_v;
  }
}

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9;  // golden ratio
    key[1] += 0xBB67AE85;  // sqrt(3) - 1
  }
  return counter;
}

RandomStream::RandomStream(uint64_t seed, std::string_view purpose, uint32_t epoch, uint64_t sample)
    : counter_{0, epoch, static_cast<uint32_t>(sample), static_cast<uint32_t>(sample >> 32)} {
  // For purposes shorter than 32 bytes XXH64 is a bijection of its seed: no two seeds share a key.
  const uint64_t key = XXH64(purpose.data(), purpose.size(), seed);
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
}

void RandomStream::refill() {
  block_ = philox4x32(counter_, key_);
  ++counter_[0];
  used_ = 0;
}

uint32_t RandomStream::next_u32() {
  if (used_ == 4) refill();
  return block_[static_cast<size_t>(used_++)];
}

double RandomStream::uniform() {
  const uint32_t high = next_u32() >> 5;  // 27 bits
  const uint32_t low = next_u32() >> 6;   // 26 bits
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double RandomStream::uniform(double low, double high) {
  const double value = low + (high - low) * uniform();
  return value < high ? value : std::nextafter(high, low);  // rounding may reach the open end
}

float RandomStream::uniform_float() { return static_cast<float>(next_u32() >> 8) * 0x1p-24f; }

int64_t RandomStream::below(int64_t n) {
  assert(n >= 1);
  const auto range = static_cast<uint64_t>(n);
  const uint64_t remainder = (UINT64_MAX % range + 1) % range;  // 2^64 mod n
  while (true) {
    const uint64_t high = next_u32();
    const uint64_t value = high << 32 | next_u32();
    // The last, incomplete run of n values is rejected.
    if (value <= UINT64_MAX - remainder) return static_cast<int64_t>(value % range);
  }
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(kTwoPi * uniform());
}

double RandomStream::beta(double a, double b) {
  assert(a > 0 && b > 0);
  const double log_x = log_gamma_variate(*this, a);
  const double log_y = log_gamma_variate(*this, b);
  return 1 / (1 + std::exp(log_y - log_x));
}

uint64_t sample_id(std::string_view name) { return XXH64(name.data(), name.size(), 0); }

}  // namespace mae
