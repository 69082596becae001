// Reads one shard under a strict profile: complete, known version, chunked, hard links only, no
// external storage, no plugins, no filter but fletcher32; every size is checked
// before it is used.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mae/io/tensor_type.h"

namespace mae {

struct DatasetInfo {
  std::string name;
  ElementType type = ElementType::kUint8;
  std::vector<int64_t> shape;           ///< the sample dimension first
  std::vector<std::string> dimensions;  ///< one name for each of `shape`; the first is "sample", or
                                        ///< "entry" where the rows are no samples (class_names)
  nlohmann::json attributes;
  bool is_text = false;
  int64_t text_bytes = 0;        ///< stored length of each value of a text dataset
  bool has_samples() const;      ///< whether the first dimension is the sample
  int64_t row_elements() const;  ///< product of shape[1..]
  int64_t row_bytes() const;     ///< of a packed row
};

/// Who wrote a shard that is opened. One from elsewhere is opened in a confined child first, and
/// read through there when it is a stranger's (shard_trust.h).
enum class ShardOrigin { kElsewhere, kThisProcess };

/// Safe to use from several threads (HDF5 calls are serialised).
class ShardReader {
 public:
  /// Opens `path`, "-" for standard input (held in memory, at most MAE_MAX_STDIN bytes, default 4
  /// GiB). throws DataError  missing, not HDF5, not ours, incomplete, a newer major version,
  /// outside the profile, damaged, or it crashed the child
  explicit ShardReader(const std::string& path, ShardOrigin origin = ShardOrigin::kElsewhere);
  ~ShardReader();
  ShardReader(ShardReader&&) noexcept;
  ShardReader& operator=(ShardReader&&) noexcept;

  const std::string& path() const;  ///< as given; "-" is shown as "standard input"
  int64_t samples() const;
  const std::vector<DatasetInfo>& datasets() const;
  bool has(const std::string& dataset) const;
  /// Throws DataError naming the dataset and the tool that would write it.
  const DatasetInfo& info(const std::string& dataset) const;

  /// Reads rows [first, first + count) into `out` (count * row_bytes). Throws DataError (checksum,
  /// truncation).
  void read(const std::string& dataset, int64_t first, int64_t count, void* out) const;
  template <typename T>
  std::vector<T> read(const std::string& dataset, int64_t first, int64_t count) const {
    std::vector<T> out(static_cast<size_t>(count * info(dataset).row_elements()));
    read(dataset, first, count, out.data());
    return out;
  }
  std::vector<std::string> read_text(const std::string& dataset) const;

  nlohmann::json provenance() const;
  int format_version() const;
  /// Digest of the whole file (XXH3-128), computed on first use.
  const std::string& digest() const;
  /// Whether a mae tool says that it wrote the file: it has provenance with its digest, and a
  /// digest for each dataset.
  bool is_ours() const;
  /// Reads every chunk and compares the digest of each dataset; throws DataError at the first
  /// damage. For mae-info --check.
  void verify() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a file begins with the HDF5 signature; false when it cannot be read.
bool is_hdf5_file(const std::string& path);

}  // namespace mae
