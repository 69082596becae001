// A set is its file names: no index is needed, but one may list members that lie elsewhere.
#include "mae/io/shard_set.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/text.h"

namespace mae {
namespace {

constexpr char kIndexMark[] = "# mae-shard-set";
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

std::vector<std::string> shards_in_folder(const std::string& folder) {
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr)
    throw DataError("folder cannot be read: " + system_reason(errno), folder);
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

bool is_index(const std::string& path) {
  const InputFile file(path);
  char head[sizeof(kIndexMark) - 1] = {};
  return file.read_some(0, head, sizeof(head)) == sizeof(head) &&
         std::string(head, sizeof(head)) == kIndexMark;
}

std::vector<std::string> shards_of_index(const std::string& index) {
  const std::string folder = index.substr(0, index.rfind('/') + 1);  // npos + 1 = 0: no folder
  std::istringstream lines(read_file(index));
  std::vector<std::string> paths;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    paths.push_back(line[0] == '/' ? line : folder + line);
    check_regular_file(paths.back());
  }
  if (paths.empty()) throw DataError("index lists no shards", index);
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

}  // namespace

std::string shard_path(const std::string& output, int64_t index, int64_t count) {
  char member[64];
  std::snprintf(member, sizeof(member), "-%05lld-of-%05lld", static_cast<long long>(index),
                static_cast<long long>(count));
  const std::string stem =
      ends_with(output, kSuffix) ? output.substr(0, output.size() - 3) : output;
  return stem + member + kSuffix;
}

std::vector<std::string> expand_shards(const std::vector<std::string>& operands) {
  std::vector<std::string> shards;
  for (const std::string& operand : operands) {
    struct stat status {};
    std::vector<std::string> found = {operand};
    if (operand != "-") {
      if (!operand.empty() && ::stat(operand.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        found = shards_in_folder(operand);
        check_sets_are_whole(found);
      } else if (is_index(operand)) {
        found = shards_of_index(operand);
        check_sets_are_whole(found);
      }
    }
    shards.insert(shards.end(), found.begin(), found.end());
  }
  return shards;
}

}  // namespace mae
