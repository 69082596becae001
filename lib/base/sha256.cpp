// The round constants are what the standard says they are: the first 32 bits of the fractions of
// the cube roots of the first 64 primes.
#include "mae/base/sha256.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "mae/base/input_file.h"

namespace mae {
namespace {

constexpr std::array<uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

uint32_t rotate(uint32_t word, int bits) { return word >> bits | word << (32 - bits); }

}  // namespace

void Sha256::update(const void* data, size_t size) {
  const auto* next = static_cast<const uint8_t*>(data);
  bytes_ += size;
  while (size > 0) {
    if (filled_ == 0 && size >= block_.size()) {  // whole blocks go without a copy
      compress(next);
      next += block_.size();
      size -= block_.size();
      continue;
    }
    const size_t taken = std::min(size, block_.size() - filled_);
    std::memcpy(block_.data() + filled_, next, taken);
    filled_ += taken;
    next += taken;
    size -= taken;
    if (filled_ < block_.size()) return;
    compress(block_.data());
    filled_ = 0;
  }
}

std::string Sha256::text() {
  const uint64_t bits = bytes_ * 8;
  const uint8_t end = 0x80, zero = 0;
  update(&end, 1);
  while (filled_ != 56) update(&zero, 1);
  for (int i = 7; i >= 0; --i) {
    const auto byte = static_cast<uint8_t>(bits >> (8 * i));
    update(&byte, 1);
  }
  std::string text = "sha256:";
  for (const uint32_t word : state_) {
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
  }
  return text;
}

void Sha256::compress(const uint8_t* block) {
  std::array<uint32_t, 64> w{};
  for (size_t i = 0; i < 16; ++i) {
    w[i] = uint32_t{block[4 * i]} << 24 | uint32_t{block[4 * i + 1]} << 16 |
           uint32_t{block[4 * i + 2]} << 8 | uint32_t{block[4 * i + 3]};
  }
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
           (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                        kRound[i] + w[i];
    const uint32_t t2 =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<uint32_t, 8> mixed = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < state_.size(); ++i) state_[i] += mixed[i];
}

std::string sha256_of_file(const std::string& path) {
  Sha256 digest;
  const InputFile file(path);
  std::vector<char> buffer(size_t{1} << 20);
  int64_t position = 0;
  while (const size_t got = file.read_some(position, buffer.data(), buffer.size())) {
    digest.update(buffer.data(), got);
    position += static_cast<int64_t>(got);
  }
  return digest.text();
}

}  // namespace mae
