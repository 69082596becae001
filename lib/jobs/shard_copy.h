// Datasets that travel from one shard into another unchanged: names and labels, or whole patch
// shards in a pipe.
#pragma once

#include <string>
#include <vector>

#include "mae/io/shard_reader.h"
#include "mae/io/shard_writer.h"

namespace mae {

/// Names of all datasets of a shard except some.
std::vector<std::string> everything_but(const ShardReader& shard,
                                        const std::vector<std::string>& left_out);
/// Those of names, labels and class_names that the shard has.
std::vector<std::string> description_of(const ShardReader& shard);

class ShardCopy {
 public:
  /// `shard` must outlive the copy.
  ShardCopy(const ShardReader& shard, std::vector<std::string> datasets);
  /// What to declare in the new shard (class_names, whose rows are no samples, is not among them).
  std::vector<DatasetSpec> specs() const;
  /// Appends every row, a few megabytes at a time. Throws DataError, ResourceError.
  void write_to(ShardWriter& writer) const;

 private:
  const ShardReader& shard_;
  std::vector<std::string> datasets_;
};

}  // namespace mae
