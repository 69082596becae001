// Options of tools whose output may be a set of shards, made by the tasks of a job array.
#pragma once

#include <cstdlib>

#include "mae/cli/tool.h"
#include "mae/io/shard_division.h"

namespace mae::tools {

/// --num-shards and --shard-index. Which samples a shard takes is in its name, not in its
/// provenance.
inline void add_division(cli::Tool& tool, ShardDivision* division) {
  cli::OptionSpec number{"--num-shards",
                         "divide the output into a set of N shards; in a job array of Slurm as "
                         "many as it has tasks; 0: do not",
                         "N", "Output"};
  cli::OptionSpec index{"--shard-index",
                        "make only shard I, counted from 0; in a job array the task's own; a "
                        "finished one is left alone, and mae-info --join completes the set",
                        "I", "Output"};
  number.affects_result = index.affects_result = false;
  number.minimum = 0;
  tool.add_option(&division->num_shards, number);
  tool.add_option(&division->shard_index, index);
}

/// Call when parsing is over; looks for a job array. throws UsageError
inline void take_division(const cli::Tool& tool, ShardDivision* division) {
  *division = division_of_array(*division, tool.given("--num-shards"),
                                [](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace mae::tools
