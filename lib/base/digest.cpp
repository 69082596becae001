// XXH3-128: 28 GB/s where SHA-256 makes 1.7; it finds damage, not forgery.
#include "mae/base/digest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "xxhash.h"

namespace mae {
namespace {

std::string to_text(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::string text = "xxh3:";
  for (const unsigned char byte : canonical.digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace

struct Digest::State {
  State() : xxh3(XXH3_createState()) {
    if (xxh3 == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(xxh3);
  }
  ~State() { XXH3_freeState(xxh3); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  XXH3_state_t* xxh3;
};

Digest::Digest() : state_(std::make_unique<State>()) {}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(const void* data, size_t size) {
  if (size > 0) XXH3_128bits_update(state_->xxh3, data, size);
}

std::string Digest::text() const { return to_text(XXH3_128bits_digest(state_->xxh3)); }

std::string digest_of(const void* data, size_t size) { return to_text(XXH3_128bits(data, size)); }

std::string digest_of_file(const std::string& path) {
  Digest digest;
  InputFile file(path);
  std::vector<char> buffer(size_t{1} << 20);
  int64_t position = 0;
  while (const size_t got = file.read_some(position, buffer.data(), buffer.size())) {
    digest.update(buffer.data(), got);
    position += static_cast<int64_t>(got);
  }
  return digest.text();
}

}  // namespace mae
