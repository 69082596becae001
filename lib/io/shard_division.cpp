#include "mae/io/shard_division.h"

#include <cstdlib>
#include <optional>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

std::optional<int64_t> number_of(const Variables& variables, const char* name) {
  const char* text = variables(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  char* end = nullptr;
  const long long value = std::strtoll(text, &end, 10);
  if (*end != '\0' || value < 0)
    throw UsageError("expected a number, got '" + printable(text) + "'", name,
                     "it is set by Slurm in job arrays");
  return value;
}

}  // namespace

ShardDivision division_of_array(const ShardDivision& given, bool num_shards_given,
                                const Variables& variables) {
  const std::optional<int64_t> task = number_of(variables, "SLURM_ARRAY_TASK_ID");
  const std::optional<int64_t> count = number_of(variables, "SLURM_ARRAY_TASK_COUNT");
  if (!given.is_whole() || !task || !count) return given;
  if (num_shards_given && given.num_shards == 0) return given;  // not divided, on purpose
  if (num_shards_given && given.num_shards != *count)
    throw UsageError("the array has " + std::to_string(*count) + " tasks for " +
                         std::to_string(given.num_shards) + " shards",
                     "--num-shards",
                     "leave it out, or say with --shard-index which one this task makes");
  const int64_t first = number_of(variables, "SLURM_ARRAY_TASK_MIN").value_or(0);
  const int64_t step = number_of(variables, "SLURM_ARRAY_TASK_STEP").value_or(1);
  ShardDivision division{*count, step > 0 ? (*task - first) / step : -1};
  if (*task < first || division.shard_index < 0 || division.shard_index >= *count)
    throw UsageError("task " + std::to_string(*task) + " is not one of the array's " +
                         std::to_string(*count) + " from " + std::to_string(first),
                     "SLURM_ARRAY_TASK_ID", "give --shard-index and --num-shards");
  log_info("shard " + std::to_string(division.shard_index) + " of " + std::to_string(*count) +
           ", as the job array says");
  return division;
}

void check_division(const ShardDivision& division, const std::string& output) {
  if (division.num_shards < 0) throw UsageError("must be positive", "--num-shards");
  if (!division.is_whole() && !division.is_set())
    throw UsageError("names a shard of a set", "--shard-index", "add --num-shards N");
  if (division.is_set() && division.shard_index >= division.num_shards)
    throw UsageError("must be below the number of shards, " + std::to_string(division.num_shards),
                     "--shard-index");
  if (division.is_set() && output == "-")
    throw UsageError("a set of shards does not fit in one stream", "-o", "give a file name");
}

std::vector<ShardRange> divide_samples(const ShardDivision& division, const std::string& output,
                                       int64_t samples) {
  const int64_t count = division.num_shards;
  if (count == 0) return {{output, 0, samples}};
  if (count > samples)
    throw UsageError(
        std::to_string(samples) + " samples cannot fill " + std::to_string(count) + " shards",
        "--num-shards");
  std::vector<ShardRange> ranges;
  for (int64_t i = 0; i < count; ++i)
    if (division.is_whole() || i == division.shard_index)
      ranges.push_back(
          {shard_path(output, i, count), samples * i / count, samples * (i + 1) / count});
  return ranges;
}

}  // namespace mae
