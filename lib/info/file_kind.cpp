#include "mae/info/file_kind.h"

#include <sys/stat.h>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/text.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_set.h"
#include "mae/layouts/tensor_source.h"

namespace mae {
namespace {

const char* const kRunFiles[] = {"checkpoint.safetensors", "best.safetensors", "state.safetensors",
                                 "state-previous.safetensors", "log.jsonl"};

bool is_folder(const std::string& path);
bool exists(const std::string& path);
// A safetensors file starts with the length of its header and the header's brace.
bool looks_like_tensors(const std::string& head);
[[noreturn]] void refuse(const std::string& path, const std::string& head);

}  // namespace

FileKind file_kind(const std::string& path) {
  if (path == "-") return FileKind::kShard;
  if (is_folder(path)) {
    if (!run_files(path).empty()) return FileKind::kRun;
    return is_published_checkpoint(path) ? FileKind::kPublished : FileKind::kShardFolder;
  }
  const InputFile file(path);
  std::string head(16, '\0');
  head.resize(file.read_some(0, head.data(), head.size()));
  if (is_shard_index(path)) return FileKind::kShardIndex;
  if (is_hdf5_file(path) || ends_with(path, ".h5")) return FileKind::kShard;
  if (looks_like_tensors(head) || ends_with(path, ".safetensors")) return FileKind::kTensors;
  const bool is_pth = ends_with(path, ".pth") || ends_with(path, ".pt");
  if (is_pth || is_published_checkpoint(path)) return FileKind::kPublished;
  refuse(path, head);
}

std::vector<std::string> run_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const char* name : kRunFiles) {
    const std::string path = folder + (folder.back() == '/' ? "" : "/") + name;
    if (exists(path)) files.push_back(path);
  }
  return files;
}

std::vector<std::string> member_files(const std::string& path) {
  switch (file_kind(path)) {
    case FileKind::kRun:
      return run_files(path);
    case FileKind::kShardFolder:
    case FileKind::kShardIndex:
      return list_shards(path);
    default:
      return {path};
  }
}

namespace {

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

bool looks_like_tensors(const std::string& head) { return head.size() > 8 && head[8] == '{'; }

void refuse(const std::string& path, const std::string& head) {
  throw DataError("is neither a shard (HDF5) nor a checkpoint (safetensors)", path,
                  head.empty() ? "the file is empty" : "mae-info describes what the tools write");
}

}  // namespace
}  // namespace mae
