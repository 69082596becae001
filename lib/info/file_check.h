// Whether a file is whole: complete, every checksum right.
#pragma once

#include <string>
#include <vector>

namespace mae {

struct FileCheck {
  std::string path;
  std::string reason;  ///< why it is not whole; empty when it is
  bool is_missing = false;
  bool is_ok() const { return reason.empty(); }
};

/// Reads all of a shard, of a checkpoint, or of every file of a folder. Never throws DataError:
/// that is the answer.
std::vector<FileCheck> check_files(const std::string& path);

}  // namespace mae
