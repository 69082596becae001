#include "mae/info/file_check.h"

#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/log.h"
#include "mae/base/sha256.h"
#include "mae/base/text.h"
#include "mae/info/file_kind.h"
#include "mae/io/safetensors_file.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_reader.h"
#include "mae/layouts/tensor_source.h"

namespace mae {
namespace {

void check_one(const std::string& path);
void check_shard(const std::string& path, const std::optional<ShardIndexEntry>& entry);
std::optional<ShardIndexEntry> entry_of(const std::string& shard, const std::string& operand);
void check_published(const std::string& path);
void check_log(const std::string& path);
bool is_missing(const std::string& path);

}  // namespace

std::vector<FileCheck> check_files(const std::string& path) {
  std::vector<FileCheck> checks;
  std::vector<std::string> members;
  try {
    members = member_files(path);
  } catch (const DataError& error) {
    return {{path, error.what(), is_missing(path)}};
  }
  for (const std::string& member : members) {
    FileCheck check{member, "", false};
    try {
      const bool is_shard = !ends_with(member, ".jsonl") && file_kind(member) == FileKind::kShard;
      is_shard ? check_shard(member, entry_of(member, path)) : check_one(member);
    } catch (const DataError& error) {
      // The path stands in the first column already; what matters is the dataset or tensor behind
      // it.
      const bool names_part =
          error.where().rfind(member, 0) == 0 && error.where().size() > member.size();
      check.reason =
          names_part ? error.where().substr(member.size() + 1) + ": " + error.what() : error.what();
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

namespace {

void check_one(const std::string& path) {
  if (ends_with(path, ".jsonl")) {
    check_log(path);
  } else if (file_kind(path) == FileKind::kPublished) {
    check_published(path);
  } else {
    const SafetensorsFile file(path);
    if (!file.has_digests())
      log_warning(path + ": has no checksums; only its structure was checked");
    file.verify();
  }
}

// Against its own checksums, and against the index of its set as far as that says something.
void check_shard(const std::string& path, const std::optional<ShardIndexEntry>& entry) {
  if (entry) check_indexed_shard(*entry);
  const ShardReader shard(path);
  shard.verify();
  if (!entry) return;
  if (entry->rows >= 0 && shard.samples() != entry->rows)
    throw DataError("has " + std::to_string(shard.samples()) +
                        " samples, but the index of its set says " + std::to_string(entry->rows),
                    path);
  if (!entry->sha256.empty() && sha256_of_file(path) != entry->sha256)
    throw DataError("its SHA-256 is not that of the set's index", path);
}

// What the operand says of the shard when it is an index, else the index beside it.
std::optional<ShardIndexEntry> entry_of(const std::string& shard, const std::string& operand) {
  if (shard == "-") return std::nullopt;
  if (file_kind(operand) != FileKind::kShardIndex) return find_in_index(shard);
  for (const ShardIndexEntry& entry : read_shard_index(operand))
    if (entry.path == shard) return entry;
  return std::nullopt;
}

// A `.pth` has a CRC-32 for each storage; safetensors of others have nothing.
void check_published(const std::string& path) {
  const OpenedWeights weights = open_weights(path);
  std::vector<char> buffer;
  for (const auto& [name, info] : weights.source->tensors()) {
    buffer.resize(static_cast<size_t>(element_count(info.shape, path) * element_size(info.type)));
    weights.source->read(name, buffer.data());
  }
  if (weights.container != "pth")
    log_warning(path + ": has no checksums; only its structure was checked");
}

void check_log(const std::string& path) {
  const std::string text = read_file(path);
  int64_t number = 0;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    ++number;
    if (!nlohmann::json::accept(text.substr(begin, end - begin))) {
      throw DataError("line " + std::to_string(number) + " is not JSON", path);
    }
  }
}

bool is_missing(const std::string& path) {
  struct stat info {};
  return path != "-" && ::stat(path.c_str(), &info) != 0 && errno == ENOENT;
}

}  // namespace
}  // namespace mae
