// Names of the shards of a set: stem-00003-of-00016.h5.
#pragma once

#include <string>
#include <vector>

namespace mae {

/// "out/train.h5", 3, 16 -> "out/train-00003-of-00016.h5"
std::string shard_path(const std::string& output, int64_t index, int64_t count);

/// "out/train-00003-of-00016.h5" -> "out/train"; empty for a file that is no member of a set.
std::string stem_of_set(const std::string& shard);

/// Into how many shards the sets of this stem that lie in its folder are divided, ascending: one
/// number, unless sets are mixed up. throws DataError  the folder cannot be read
std::vector<int64_t> counts_of_set(const std::string& stem);

/// Removes temporary files that killed processes left of any set written as `output`, however many
/// shards it was to have.
void sweep_set(const std::string& output);

/// Expands operands into shard files, in order: a shard stays, a folder gives its *.h5 sorted by
/// name, an index file (shard_index.h) gives its lines. In a folder or an index, a set with missing
/// members ("-of-00016" but 15 files) is an error; shards named one by one may be a part of a set.
/// What an index says of a shard, also one that lies beside its set, must be so: its size and
/// digest are compared before anything in it is parsed. throws DataError
std::vector<std::string> expand_shards(const std::vector<std::string>& operands);

/// The shards that one operand means, as expand_shards(), but no shard is looked at.
std::vector<std::string> list_shards(const std::string& operand);

}  // namespace mae
