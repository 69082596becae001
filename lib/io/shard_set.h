// Names of the shards of a set: stem-00003-of-00016.h5.
#pragma once

#include <string>
#include <vector>

namespace mae {

/// "out/train.h5", 3, 16 -> "out/train-00003-of-00016.h5"
std::string shard_path(const std::string& output, int64_t index, int64_t count);

/// Expands operands into shard files, in order: a shard stays, a folder gives its *.h5 sorted by
/// name, an index file (text, one path a line relative to it, first line "# mae-shard-set") gives
/// its lines. In a folder or an index, a set with missing members ("-of-00016" but 15 files) is an
/// error; shards named one by one may be a part of a set. throws DataError
std::vector<std::string> expand_shards(const std::vector<std::string>& operands);

}  // namespace mae
