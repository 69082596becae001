// A set is its file names: no index is needed, but what one says is checked.
#include "mae/io/shard_set.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/input_file.h"
#include "mae/base/stale_files.h"
#include "mae/base/text.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_trust.h"

namespace mae {
namespace {

constexpr char kSuffix[] = ".h5";
constexpr size_t kMemberBytes = 15;  // "-00003-of-00016"

struct Member {
  std::string stem;
  int64_t index = 0, count = 0;
};

std::optional<int64_t> five_digits(const std::string& text, size_t position) {
  int64_t value = 0;
  for (size_t i = position; i < position + 5; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// "dir/train-00003-of-00016.h5" -> {"dir/train", 3, 16}
std::optional<Member> member_of_set(const std::string& path) {
  if (!ends_with(path, kSuffix) || path.size() < kMemberBytes + 3) return std::nullopt;
  const size_t start = path.size() - 3 - kMemberBytes;
  if (path[start] != '-' || path.compare(start + 6, 4, "-of-") != 0) return std::nullopt;
  const auto index = five_digits(path, start + 1), count = five_digits(path, start + 10);
  if (!index || !count) return std::nullopt;
  return Member{path.substr(0, start), *index, *count};
}

DIR* open_folder(const std::string& folder) {
  DIR* directory = ::opendir(folder.c_str());
  if (directory != nullptr) return directory;
  check_file_handles(errno, folder);
  throw DataError("folder cannot be read: " + system_reason(errno), folder);
}

std::vector<std::string> shards_in_folder(const std::string& folder) {
  DIR* directory = open_folder(folder);
  std::vector<std::string> paths;
  const std::string prefix = folder.back() == '/' ? folder : folder + "/";
  while (const dirent* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (name[0] != '.' && ends_with(name, kSuffix)) paths.push_back(prefix + name);
  }
  ::closedir(directory);
  if (paths.empty()) throw DataError("folder has no shards (*.h5)", folder);
  std::sort(paths.begin(), paths.end());
  return paths;
}

// A lost shard would silently make a smaller data set.
void check_sets_are_whole(const std::vector<std::string>& paths) {
  std::map<std::pair<std::string, int64_t>, std::set<int64_t>> sets;
  for (const std::string& path : paths) {
    const auto member = member_of_set(path);
    if (member) sets[{member->stem, member->count}].insert(member->index);
  }
  for (const auto& [set, indices] : sets) {
    const auto& [stem, count] = set;
    for (int64_t index = 0; index < count; ++index) {
      if (indices.count(index) > 0) continue;
      throw DataError("shard is missing: the set has " + std::to_string(indices.size()) + " of " +
                          std::to_string(count),
                      shard_path(stem + kSuffix, index, count),
                      "make the missing shard, or name the others one by one");
    }
  }
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return !path.empty() && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// What an operand means, with what is said of it.
std::vector<ShardIndexEntry> entries_of(const std::string& operand) {
  if (operand != "-" && !is_folder(operand)) {
    check_regular_file(operand);
    if (is_shard_index(operand)) {
      list_shards(operand);  // whether its sets are whole
      return read_shard_index(operand);
    }
  }
  std::vector<ShardIndexEntry> entries;
  for (const std::string& shard : list_shards(operand)) {
    std::optional<ShardIndexEntry> entry;
    if (shard != "-") entry = find_in_index(shard);
    if (!entry) entry.emplace();
    entry->path = shard;
    entries.push_back(*entry);
  }
  return entries;
}

}  // namespace

std::string shard_path(const std::string& output, int64_t index, int64_t count) {
  char member[64];
  std::snprintf(member, sizeof(member), "-%05lld-of-%05lld", static_cast<long long>(index),
                static_cast<long long>(count));
  const std::string stem =
      ends_with(output, kSuffix) ? output.substr(0, output.size() - 3) : output;
  return stem + member + kSuffix;
}

std::string stem_of_set(const std::string& shard) {
  const std::optional<Member> member = member_of_set(shard);
  return member ? member->stem : "";
}

std::vector<int64_t> counts_of_set(const std::string& stem) {
  const std::string folder = stem.substr(0, stem.rfind('/') + 1);
  DIR* directory = open_folder(folder.empty() ? "." : folder);
  std::set<int64_t> counts;
  while (const dirent* entry = ::readdir(directory))
    if (const auto member = member_of_set(folder + entry->d_name))
      if (member->stem == stem && entry->d_name[0] != '.') counts.insert(member->count);
  ::closedir(directory);
  return {counts.begin(), counts.end()};
}

void sweep_set(const std::string& output) {
  const size_t name_start = output.rfind('/') + 1;  // npos + 1 = 0
  const std::string folder = output.substr(0, name_start);
  const std::string stem =
      output.substr(name_start, output.size() - name_start - (ends_with(output, kSuffix) ? 3 : 0));
  sweep_temporary_files(folder, [&](const std::string& name) { return stem_of_set(name) == stem; });
}

std::vector<std::string> list_shards(const std::string& operand) {
  std::vector<std::string> shards = {operand};
  if (operand == "-") return shards;
  if (is_folder(operand)) {
    shards = shards_in_folder(operand);
  } else {
    check_regular_file(operand);
    if (!is_shard_index(operand)) return shards;
    shards.clear();
    for (const ShardIndexEntry& entry : read_shard_index(operand)) shards.push_back(entry.path);
  }
  check_sets_are_whole(shards);
  return shards;
}

std::vector<std::string> expand_shards(const std::vector<std::string>& operands) {
  std::vector<std::string> shards;
  for (const std::string& operand : operands) {
    for (const ShardIndexEntry& entry : entries_of(operand)) {
      if (entry.path != "-") check_indexed_shard(entry);
      shards.push_back(entry.path);
    }
  }
  look_at_shards(shards);
  return shards;
}

}  // namespace mae
