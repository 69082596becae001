// Two forms: one path a line, as people write it, and a table that ends in its own digest, as the
// tools do. Nothing in a table is optional, so that damage anywhere in it shows.
#include "mae/io/shard_index.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>

#include "mae/base/digest.h"
#include "mae/base/disk_space.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/sha256.h"
#include "mae/base/text.h"
#include "mae/io/file_digest.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

constexpr char kMark[] = "# mae-shard-set";
constexpr char kColumns[] = "# name\trows\tbytes\tdigest";
constexpr char kSha256Column[] = "\tsha256";
constexpr char kEnd[] = "# end ";

[[noreturn]] void refuse(const std::string& what, const std::string& index) {
  throw DataError(what, index, "make it again with mae-info --index, or remove it");
}

// "" for a name without a folder, else with its slash.
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::string place_of(const std::string& name, const std::string& folder) {
  return name[0] == '/' ? name : folder + name;
}

int64_t parse_count(const std::string& text, const std::string& index) {
  constexpr size_t kMaxDigits = 18;
  if (text.empty() || text.size() > kMaxDigits ||
      text.find_first_not_of("0123456789") != std::string::npos)
    refuse("is damaged: \"" + text + "\" is no number", index);
  return std::stoll(text);
}

ShardIndexEntry parse_row(const std::string& line, size_t columns, const std::string& index) {
  const std::vector<std::string> cells = split(line, '\t');
  if (cells.size() != columns || cells[0].empty())
    refuse("is damaged: a line has " + std::to_string(cells.size()) + " columns, expected " +
               std::to_string(columns),
           index);
  ShardIndexEntry entry;
  entry.path = place_of(cells[0], folder_of(index));
  entry.rows = parse_count(cells[1], index);
  entry.bytes = parse_count(cells[2], index);
  entry.digest = cells[3];
  if (columns > 4) entry.sha256 = cells[4];
  return entry;
}

std::vector<ShardIndexEntry> parse_table(const std::string& text, const std::string& index) {
  const size_t end = text.rfind(kEnd);
  if (end == std::string::npos || text[end - 1] != '\n')
    refuse("is incomplete: its end is missing", index);
  if (text.substr(end) != kEnd + digest_of(text.data(), end) + "\n")
    refuse("is damaged or was edited: its digest does not match", index);
  const std::vector<std::string> lines = split(text.substr(0, end), '\n');
  const size_t columns = lines[1] == kColumns ? 4 : 5;
  std::vector<ShardIndexEntry> entries;
  for (size_t i = 2; i < lines.size(); ++i) entries.push_back(parse_row(lines[i], columns, index));
  return entries;
}

std::vector<ShardIndexEntry> parse_list(const std::string& text, const std::string& index) {
  std::vector<ShardIndexEntry> entries;
  for (std::string line : split(text, '\n')) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    ShardIndexEntry entry;
    entry.path = place_of(line, folder_of(index));
    entries.push_back(std::move(entry));
  }
  return entries;
}

// A line that begins with # would be no row.
std::string row_name(const std::string& shard) {
  const std::string name = shard.substr(folder_of(shard).size());
  return name[0] == '#' ? "./" + name : name;
}

bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

std::string shard_index_path(const std::string& output) {
  return (ends_with(output, ".h5") ? output.substr(0, output.size() - 3) : output) + ".index";
}

bool is_shard_index(const std::string& path) {
  try {
    const InputFile file(path);
    std::string head(sizeof(kMark) - 1, '\0');
    return file.read_some(0, head.data(), head.size()) == head.size() && head == kMark;
  } catch (const DataError&) {
    return false;
  }
}

std::vector<ShardIndexEntry> read_shard_index(const std::string& path) {
  const std::string text = read_file(path);
  const std::string table = std::string(kMark) + "\n" + kColumns;
  std::vector<ShardIndexEntry> entries =
      starts_with(text, table + "\n") || starts_with(text, table + kSha256Column + "\n")
          ? parse_table(text, path)
          : parse_list(text, path);
  if (entries.empty()) throw DataError("index lists no shards", path);
  for (const ShardIndexEntry& entry : entries) check_regular_file(entry.path);
  return entries;
}

std::optional<ShardIndexEntry> find_in_index(const std::string& shard) {
  const std::string stem = stem_of_set(shard);
  if (stem.empty() || ::access(shard_index_path(stem).c_str(), F_OK) != 0) return std::nullopt;
  for (const ShardIndexEntry& entry : read_shard_index(shard_index_path(stem)))
    if (entry.path == folder_of(shard) + row_name(shard)) return entry;
  return std::nullopt;
}

void check_indexed_shard(const ShardIndexEntry& entry) {
  const std::string hint =
      "make it again; if it is as it should be, make the set's index again "
      "with mae-info --index";
  const int64_t bytes = bytes_of_file(entry.path);
  if (entry.bytes >= 0 && bytes != entry.bytes)
    throw DataError("has " + std::to_string(bytes) + " bytes, but the index of its set says " +
                        std::to_string(entry.bytes),
                    entry.path, hint);
  if (!entry.digest.empty() && remembered_digest(entry.path) != entry.digest)
    throw DataError("is damaged or was replaced: its digest is not that of the set's index",
                    entry.path, hint);
}

std::string shard_index_text(const std::vector<std::string>& shards, bool with_sha256) {
  std::string text =
      std::string(kMark) + "\n" + kColumns + (with_sha256 ? kSha256Column : "") + "\n";
  for (const std::string& shard : shards) {
    if (folder_of(shard) != folder_of(shards.front()))
      throw UsageError("is not in the folder of the first shard", shard,
                       "an index lies beside its shards");
    check_set_name(shard);
    const ShardReader reader(shard);
    text += row_name(shard) + "\t" + std::to_string(reader.samples()) + "\t" +
            std::to_string(bytes_of_file(shard)) + "\t" + reader.digest() +
            (with_sha256 ? "\t" + sha256_of_file(shard) : "") + "\n";
  }
  return text + kEnd + digest_of(text.data(), text.size()) + "\n";
}

void write_shard_index(const std::string& output, const std::vector<std::string>& shards) {
  write_file_atomically(shard_index_path(output), shard_index_text(shards, /*with_sha256=*/false));
}

void remove_shard_index(const std::string& output) {
  const std::string index = shard_index_path(output);
  // A folder that is none is told by whoever writes into it, with the name of the shard.
  if (::unlink(index.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
    throw ResourceError("cannot be removed: " + system_reason(errno), index);
}

void check_set_name(const std::string& output) {
  if (has_control_characters(output))
    throw UsageError("a set of shards needs a name without control characters", output);
}

}  // namespace mae
