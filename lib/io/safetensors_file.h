// Our own reader and writer of safetensors, the checkpoint container: an 8-byte length, a JSON header, the tensors.
// Reading trusts nothing: header at most 100 MB, no holes, no overlaps, shapes and offsets overflow-checked, duplicate keys refused.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/io/tensor_type.h"

namespace mae {

/// One tensor to write; `data` must stay alive until write_safetensors returns.
struct TensorView {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
  const void* data = nullptr;
};

/// Writes atomically, tensors sorted by name and 8-byte aligned start, metadata under "__metadata__". Equal input, equal bytes.
void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata, Overwrite overwrite = Overwrite::kReplace);

class SafetensorsFile {
 public:
  struct Entry {
    ElementType type = ElementType::kFloat32;
    std::vector<int64_t> shape;
    int64_t offset = 0, bytes = 0;         ///< within the file
  };
  /// throws DataError  missing, truncated, damaged, unknown element type
  explicit SafetensorsFile(const std::string& path);
  ~SafetensorsFile();

  const std::string& path() const { return path_; }
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  void read(const std::string& name, void* out) const;  ///< entry.bytes bytes

 private:
  std::string path_;
  int descriptor_ = -1;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace mae
