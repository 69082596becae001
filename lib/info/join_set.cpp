// Shards of a set agree in what made them but for the inputs, which may be parts of one data set.
#include "mae/info/join_set.h"

#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/text.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

std::string name_of_set(const std::string& set) {
  const std::string stem = stem_of_set(set);
  if (!stem.empty()) return stem;
  return ends_with(set, ".h5") ? set.substr(0, set.size() - 3) : set;
}

/// All members, also those that are not there.
std::vector<std::string> members_of(const std::string& set) {
  const std::string stem = name_of_set(set);
  const std::vector<int64_t> counts = counts_of_set(stem);
  if (counts.empty())
    throw DataError("there is no shard of this set", stem + "-*-of-*.h5",
                    "give the name that the shards were written as, or one of them");
  if (counts.size() > 1)
    throw DataError("there are shards of sets of " + std::to_string(counts[0]) + " and of " +
                        std::to_string(counts[1]),
                    stem, "remove those that do not belong");
  std::vector<std::string> members;
  for (int64_t i = 0; i < counts[0]; ++i) members.push_back(shard_path(stem, i, counts[0]));
  return members;
}

void check_complete(const std::vector<std::string>& members) {
  constexpr size_t kMostShown = 8;
  std::string names;
  size_t missing = 0;
  for (const std::string& member : members) {
    if (exists(member)) continue;
    if (++missing <= kMostShown) names += (missing == 1 ? "" : ", ") + member;
  }
  if (missing == 0) return;
  if (missing > kMostShown) names += " and " + std::to_string(missing - kMostShown) + " more";
  throw DataError(std::to_string(missing) + " of " + std::to_string(members.size()) +
                      " shards are missing: " + names,
                  "", "start their tasks again; finished shards are left alone");
}

/// What must be equal in all shards of one run.
nlohmann::json identity_of(const ShardReader& shard) {
  nlohmann::json identity = shard.provenance();
  for (const char* part : {"inputs", "parents"}) identity.erase(part);
  return identity;
}

}  // namespace

JoinedSet join_set(const std::string& set) {
  const std::vector<std::string> members = members_of(set);
  check_complete(members);
  JoinedSet joined;
  nlohmann::json first;
  for (const std::string& member : members) {
    check_interrupt();
    const ShardReader shard(member);
    shard.verify();
    const nlohmann::json identity = identity_of(shard);
    if (first.is_null()) first = identity;
    if (identity != first)
      throw DataError("was not made as " + members.front() + " was: program, settings or version",
                      member, "make it again; mae-info --history shows both");
    joined.samples += shard.samples();
    ++joined.shards;
  }
  write_shard_index(name_of_set(members.front()), members);
  joined.index = shard_index_path(name_of_set(members.front()));
  return joined;
}

}  // namespace mae
