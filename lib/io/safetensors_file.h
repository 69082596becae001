// Our own reader and writer of safetensors, the checkpoint container: an 8-byte length, a JSON
// header, the tensors. Reading trusts nothing: header at most 100 MB, no holes, no overlaps, shapes
// and offsets overflow-checked, duplicate keys refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/base/input_file.h"
#include "mae/io/tensor_type.h"

namespace mae {

/// One tensor to write; `data` must stay alive until write_safetensors returns.
struct TensorView {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
  const void* data = nullptr;
};

/// Writes atomically: names sorted in the header, data by falling element size and then by name (so
/// that every tensor is aligned), metadata under "__metadata__". A digest of each tensor and of the
/// header joins the metadata. Equal input, equal bytes. Throws UsageError, ResourceError as
/// AtomicFile.
void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata,
                       Overwrite overwrite = Overwrite::kReplace);

class SafetensorsFile {
 public:
  struct Entry {
    ElementType type = ElementType::kFloat32;
    std::vector<int64_t> shape;
    int64_t offset = 0, bytes = 0;  ///< within the file
  };
  /// throws DataError  missing, truncated, damaged, unknown element type; a header that does not
  /// match its digest
  explicit SafetensorsFile(const std::string& path);
  const std::string& path() const { return file_.path(); }
  const std::map<std::string, Entry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// Reads entry.bytes bytes; safe from several threads.
  /// throws DataError  no such tensor, truncated, or different from its digest (files of other
  /// programs have none)
  void read(const std::string& name, void* out) const;
  /// Whether the file carries digests, as all of ours do.
  bool has_digests() const { return !digests_.empty(); }
  /// Reads every tensor; throws DataError at the first damaged one. For mae-info --check.
  void verify() const;

 private:
  const Entry& entry(const std::string& name) const;
  void take_digests();

  InputFile file_;
  std::map<std::string, std::string> digests_;  // of each tensor
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace mae
