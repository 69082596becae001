// Reads reference vectors: plain HDF5 files of datasets and attributes, without the strict profile
// of our own shards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mae::test {

/// A file below tests/golden/reference (or any path), open for reading. Every failure throws
/// std::runtime_error naming file and object.
class ReferenceFile {
 public:
  explicit ReferenceFile(const std::string& path);
  ~ReferenceFile();
  ReferenceFile(const ReferenceFile&) = delete;
  ReferenceFile& operator=(const ReferenceFile&) = delete;

  /// All elements of a dataset, row-major, whatever its numeric type. A scalar has one.
  std::vector<double> numbers(const std::string& dataset) const;
  std::vector<int64_t> shape(const std::string& dataset) const;  ///< empty for a scalar
  /// An attribute as text: strings as they are, a number in the shortest form that reads back
  /// equal, several numbers with commas. object  dataset or group; "/" for the file's own
  /// attributes
  std::string attribute(const std::string& object, const std::string& name) const;
  double attribute_number(const std::string& object, const std::string& name) const;
  bool has(const std::string& object) const;
  /// Names inside a group, sorted.
  std::vector<std::string> children(const std::string& group) const;

 private:
  std::string path_;
  int64_t file_ = -1;
};

}  // namespace mae::test
