// The tensors of a `.pth` file by name, without executing anything in it.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/io/tensor_type.h"
#include "mae/pth/torch_storage.h"

namespace mae::pth {

class TorchFile {
 public:
  struct Entry {
    ElementType type = ElementType::kFloat32;
    std::vector<int64_t> shape, stride;  ///< in elements
    int64_t offset = 0;                  ///< first element within the storage
    std::string storage;
  };

  /// A .pth is always a stranger's: it is read through in a confined child first.
  /// The dictionary of tensors under `key` of the saved dictionary; with an empty key under
  /// "model", "state_dict" or "module", else the saved dictionary itself.
  /// throws DataError  as open_torch_container, parse_pickle and parse_confined; no dictionary of
  /// tensors there; a tensor that reaches outside its storage, repeats it, or is of a type we do
  /// not have
  explicit TorchFile(const std::string& path, const std::string& key = "");

  const std::string& path() const { return path_; }
  const std::map<std::string, Entry>& entries() const { return entries_; }
  /// The key it was found under; empty when the file is the dictionary itself.
  const std::string& key() const { return key_; }
  /// Everything else in the saved dictionary as plain data ("epoch", "args", ...).
  const nlohmann::json& rest() const { return rest_; }
  /// Elements in row-major order. throws DataError when they are damaged
  void read(const std::string& name, void* out) const;

 private:
  void read_through() const;
  const PickleNode& choose_dictionary(const std::string& key);
  void take_tensors(const PickleNode& dictionary);
  Entry tensor_entry(const PickleNode& node, const std::string& name) const;
  void check_bounds(const Entry& entry, const PickleNode& storage, const std::string& name) const;
  const std::string& storage_bytes(const std::string& key) const;

  std::string path_, key_;
  TorchContainer container_;
  std::map<std::string, Entry> entries_;
  nlohmann::json rest_;
  // The storage read last: several tensors may be views of one.
  mutable std::string cached_key_, cached_;
};

}  // namespace mae::pth
