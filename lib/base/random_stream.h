// Counter-based random numbers (Philox4x32-10; Salmon et al. 2011): the n-th number of a stream
// depends on its key alone, so batch size, sharding, thread count and resuming change nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mae {

/// One stream, named by (seed, purpose, epoch, sample). Streams with different names are
/// independent. `sample` is sample_id(name) for choices that belong to a sample, 0 for choices of
/// the whole run.
class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view purpose, uint32_t epoch = 0, uint64_t sample = 0);

  uint32_t next_u32();
  double uniform();                         ///< [0, 1), 53 bits
  double uniform(double low, double high);  ///< [low, high)
  float uniform_float();                    ///< [0, 1), 24 bits: the masking noise
  int64_t below(int64_t n);                 ///< 0 .. n-1 without bias; n >= 1
  double normal();                          ///< mean 0, deviation 1 (Box-Muller)
  double beta(double a, double b);          ///< Beta(a, b), a and b > 0 (mixup and cutmix)

 private:
  void refill();
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;  ///< block, epoch, sample low, sample high
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

/// The Philox4x32-10 block function, public for its known-answer test.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// Identity of a sample for RandomStream: XXH64 of its name, so that it is the same in whatever
/// shard the sample lies.
uint64_t sample_id(std::string_view name);

}  // namespace mae
