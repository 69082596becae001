// A set whose shards many processes made, brought together: looked at as a whole, then indexed.
#pragma once

#include <cstdint>
#include <string>

namespace mae {

struct JoinedSet {
  std::string index;  ///< the file written, STEM.index
  int64_t shards = 0, samples = 0;
};

/// `set` is the name that the set was written as ("out/f.h5") or any of its shards.
/// throws DataError  a shard is missing (all missing ones are told), damaged, or of another run
/// than
///                   the first: other datasets, or another program, settings or model
///        UsageError no name of a set
JoinedSet join_set(const std::string& set);

}  // namespace mae
