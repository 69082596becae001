// A zip archive of stored entries, as torch.save writes it: data aligned to 64 bytes, CRC-32 of
// each, no times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mae/base/atomic_file.h"

namespace mae::pth {

class ZipWriter {
 public:
  /// Writes into `file`, from its start; the caller commits it.
  explicit ZipWriter(AtomicFile* file) : file_(file) {}
  void add(const std::string& name, std::string_view data);
  /// Directory and end records; nothing may follow.
  void finish();

 private:
  void write(std::string_view bytes);

  AtomicFile* file_;
  std::string directory_;
  uint64_t offset_ = 0, count_ = 0;
};

}  // namespace mae::pth
