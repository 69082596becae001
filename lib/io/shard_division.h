// How samples fall to the shards of a set, and shards to the tasks of a job array: a set made by
// many processes, each of which may be killed and started again, is that of one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mae {

struct ShardDivision {
  int64_t num_shards = 0;    ///< > 0: so many runs of neighbours, one shard each; 0: one file
  int64_t shard_index = -1;  ///< >= 0: only this shard is made

  bool is_set() const { return num_shards > 0; }
  bool is_whole() const { return shard_index < 0; }  ///< this run makes all shards
};

/// The samples [first, last) and the file that takes them.
struct ShardRange {
  std::string path;
  int64_t first = 0, last = 0;
};

/// The value of a variable, or null.
using Variables = std::function<const char*(const char*)>;

/// What was not given, from a task of one of Slurm's job arrays: task K of N makes shard K of N,
/// whatever numbers the array's tasks have. Unchanged outside of arrays, and where the shard is
/// given.
/// throws UsageError  the array has another number of tasks than there are to be shards, or Slurm's
///                    variables make no sense
ShardDivision division_of_array(const ShardDivision& given, bool num_shards_given,
                                const Variables& variables);

/// throws UsageError  an index without a set, or outside it; a set on standard output
void check_division(const ShardDivision& division, const std::string& output);

/// The shards that this run makes; they differ by one sample at most.
/// throws UsageError  more shards than samples
std::vector<ShardRange> divide_samples(const ShardDivision& division, const std::string& output,
                                       int64_t samples);

}  // namespace mae
