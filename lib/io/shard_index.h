// The index of a set of shards: a text file that names its members with their rows, size and
// digest (mae-shard(5)). Tools that write a set leave one beside it, STEM.index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"

namespace mae {

/// What an index says of one shard. An index written by hand may name files only.
struct ShardIndexEntry {
  std::string path;               ///< to open: its folder is that of the index
  int64_t rows = -1, bytes = -1;  ///< -1: not said
  std::string digest;             ///< "xxh3:..."; empty: not said
  std::string sha256;             ///< "sha256:..."; empty: not said
};

/// "out/train.h5" -> "out/train.index"
std::string shard_index_path(const std::string& output);

/// Whether a file begins as an index does; false when it cannot be read.
bool is_shard_index(const std::string& path);

/// throws DataError  missing, damaged, lists nothing
std::vector<ShardIndexEntry> read_shard_index(const std::string& path);

/// What the index beside a member of a set says of it; nothing when there is no index or it does
/// not name the shard. throws DataError  the index is damaged
std::optional<ShardIndexEntry> find_in_index(const std::string& shard);

/// Compares size and digest of the file with what is said, as far as something is. It is not parsed
/// before, and read once by this process. throws DataError  another size or digest
void check_indexed_shard(const ShardIndexEntry& entry);

/// Text of an index of these shards, which must lie in one folder: where the index must lie, too.
/// throws UsageError  several folders, or names with control characters
///        DataError   a shard cannot be read
std::string shard_index_text(const std::vector<std::string>& shards, bool with_sha256);

/// The index of a set that was just written as `output`. Throws as shard_index_text, and
/// ResourceError.
void write_shard_index(const std::string& output, const std::vector<std::string>& shards);

/// Before the first shard of a set is replaced: an index of the old ones would refuse the new ones.
void remove_shard_index(const std::string& output);

/// Throws UsageError when `output` cannot name a set.
void check_set_name(const std::string& output);

}  // namespace mae
