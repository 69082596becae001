// Writes one shard: an HDF5 file of datasets whose first dimension is the sample (format in
// man/mae-shard.5).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/base/provenance.h"
#include "mae/io/tensor_type.h"

namespace mae {

/// A dataset to be written: rows of `sample_shape` elements. UTF-8 strings have is_text and an
/// empty sample_shape.
struct DatasetSpec {
  std::string name;  ///< without the leading slash: "patches"
  ElementType type = ElementType::kUint8;
  std::vector<int64_t> sample_shape;    ///< {L, P} for patches
  std::vector<std::string> dimensions;  ///< names of the sample's dimensions: {"patch", "value"};
                                        ///< missing ones are called axis1, axis2, ...
  nlohmann::json attributes = nlohmann::json::object();  ///< numbers, strings, arrays of numbers
  bool is_text = false;
};

/// Streams rows into a file that appears under its name only on commit(). Format V110, chunks of
/// whole samples of 0.25 to 1 MiB with fletcher32, no object times: equal calls give equal bytes.
/// Path "-" writes to standard output.
class ShardWriter {
 public:
  /// `rows` is the most samples that will come; fewer may be appended.
  /// throws UsageError, ResourceError as AtomicFile
  ShardWriter(const std::string& path, int64_t rows, std::vector<DatasetSpec> datasets,
              Overwrite overwrite = Overwrite::kReplace);
  ~ShardWriter();

  /// Appends `rows` rows to a numeric dataset; `data` is row-major and packed. Throws ResourceError
  /// (disk full).
  void append(const std::string& dataset, const void* data, int64_t rows);
  void append_text(const std::string& dataset, const std::vector<std::string>& values);
  /// A small dataset that has no sample dimension, such as class_names.
  void write_text(const std::string& dataset, const std::vector<std::string>& values);
  void set_attribute(const std::string& dataset, const std::string& name,
                     const nlohmann::json& value);

  /// Checks that all datasets have the same number of rows, writes provenance and `complete`,
  /// closes, reads everything back (verifying checksums), renames. Throws ResourceError; nothing is
  /// left then.
  void commit(const Provenance& provenance);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mae
