// Where the bytes of a `.pth` file's tensors lie, in its two containers: the zip of today and the
// concatenated pickles before PyTorch 1.6.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "mae/pth/pickle_value.h"

namespace mae::pth {

class TorchStorages {
 public:
  virtual ~TorchStorages() = default;
  /// Bytes of storage `key`. throws DataError when there is none
  virtual int64_t bytes(const std::string& key) const = 0;
  /// All of them into `out`. throws DataError when they are damaged
  virtual void read(const std::string& key, void* out) const = 0;
};

struct TorchContainer {
  Pickle pickle;  ///< the object that was saved
  std::unique_ptr<TorchStorages> storages;
};

/// Opens either container. throws DataError  missing, damaged, big-endian, neither of the two
TorchContainer open_torch_container(const std::string& path);

/// Whether the file begins like one of the two containers.
bool is_torch_file(const std::string& path);

/// Bytes of one element of a storage class ("torch FloatStorage"); 0 when it is none. Untyped
/// storages count in bytes.
int64_t storage_element_size(const std::string& global);

}  // namespace mae::pth
