// Every sample falls to one shard, and tasks of job arrays to shards as Slurm numbers them.
#include "mae/io/shard_division.h"

#include <gtest/gtest.h>

#include <map>

#include "mae/base/error.h"

namespace mae {
namespace {

ShardDivision of_array(const ShardDivision& given, bool num_shards_given,
                       const std::map<std::string, std::string>& variables) {
  return division_of_array(given, num_shards_given, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(ShardDivision, CoversAllSamplesOnce) {
  for (int64_t samples : {1, 5, 17}) {
    for (int64_t count = 1; count <= samples; ++count) {
      int64_t next = 0;
      for (const ShardRange& range : divide_samples({count, -1}, "f.h5", samples)) {
        EXPECT_EQ(range.first, next);
        EXPECT_LE(range.last - range.first - samples / count, 1);
        EXPECT_GE(range.last - range.first, samples / count);
        next = range.last;
      }
      EXPECT_EQ(next, samples);
    }
  }
}

TEST(ShardDivision, MakesOneShardOfASetOrOneFile) {
  const auto one = divide_samples({4, 2}, "out/f.h5", 10);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].path, "out/f-00002-of-00004.h5");
  EXPECT_EQ(one[0].first, 5);
  EXPECT_EQ(one[0].last, 7);
  EXPECT_EQ(divide_samples({}, "out/f.h5", 10)[0].path, "out/f.h5");
  EXPECT_THROW(divide_samples({11, -1}, "f.h5", 10), UsageError);
}

TEST(ShardDivision, ReadsAJobArray) {
  const std::map<std::string, std::string> array = {{"SLURM_ARRAY_TASK_ID", "15"},
                                                    {"SLURM_ARRAY_TASK_COUNT", "4"},
                                                    {"SLURM_ARRAY_TASK_MIN", "11"},
                                                    {"SLURM_ARRAY_TASK_STEP", "2"}};
  EXPECT_EQ(of_array({}, false, array).shard_index, 2);
  EXPECT_EQ(of_array({}, false, array).num_shards, 4);
  EXPECT_EQ(of_array({4, -1}, true, array).shard_index, 2);
  EXPECT_EQ(of_array({9, 1}, true, array).shard_index, 1);  // given
  EXPECT_FALSE(of_array({}, true, array).is_set());         // --num-shards 0
  EXPECT_FALSE(of_array({}, false, {}).is_set());
  EXPECT_THROW(of_array({8, -1}, true, array), UsageError);
  EXPECT_THROW(of_array({}, false, {{"SLURM_ARRAY_TASK_ID", "9"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}),
               UsageError);
}

TEST(ShardDivision, RefusesWhatMakesNoSet) {
  EXPECT_THROW(check_division({0, 1}, "f.h5"), UsageError);
  EXPECT_THROW(check_division({4, 4}, "f.h5"), UsageError);
  EXPECT_THROW(check_division({4, -1}, "-"), UsageError);
  check_division({4, 3}, "f.h5");
  check_division({}, "-");
}

}  // namespace
}  // namespace mae
