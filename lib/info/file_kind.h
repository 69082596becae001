// What lies under a name: a shard, a file of tensors, a published checkpoint, the folder of a run
// or of shards.
#pragma once

#include <string>
#include <vector>

namespace mae {

enum class FileKind {
  kShard,
  kTensors,    ///< one safetensors file, of ours or not
  kPublished,  ///< a `.pth`, the index of a sharded set, a Hugging Face folder
  kRun,
  kShardFolder,
  kShardIndex  ///< a text file that names the shards of a set
};

/// Looks at names inside a folder and at the first bytes of a file, never at more. "-" is a shard.
/// throws DataError  missing, or nothing of ours (with a hint where the kind is known by sight)
FileKind file_kind(const std::string& path);

/// The files of ours that a run folder can hold, those that exist, in a fixed order.
std::vector<std::string> run_files(const std::string& folder);

/// All files behind an operand, one by one: a folder gives its members, a file itself.
/// throws DataError
std::vector<std::string> member_files(const std::string& path);

}  // namespace mae
