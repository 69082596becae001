// Patches with their names, labels and captions on the way into one shard or a set of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/io/shard_writer.h"
#include "mae/shards/caption_tokens.h"
#include "mae/shards/patch_layout.h"
#include "mae/shards/pixel_statistics.h"
#include "mae/sources/image_source.h"

namespace mae {

/// Files of a run: `output` itself, or with shard_size > 0 the set output-00000-of-NNNNN.h5.
std::vector<std::string> patch_shard_paths(const std::string& output, int64_t samples,
                                           int64_t shard_size);

/// Writes /patches, /names, /labels (-1 where unknown), and /class_names and /captions where the
/// source has them; with `tokens` what these make of the captions. Sample i belongs to shard i /
/// shard_size, also when others are missing, so that what a shard holds depends on nothing else.
/// All files appear together on commit(), a set with its index (shard_index.h); before, nothing is
/// seen.
class PatchShards {
 public:
  /// throws UsageError, ResourceError as ShardWriter; UsageError for more shards than can be kept
  /// open; ResourceError when the disk has no room for all of them
  PatchShards(const ImageSource& source, const PatchLayout& layout, const std::string& output,
              int64_t shard_size, Overwrite overwrite, const CaptionTokens* tokens = nullptr);

  /// Appends sample i of the source; i grows from call to call. patches as from gather_patches.
  void append(int64_t i, const std::vector<uint8_t>& patches);
  void commit(const PixelMoments& moments, const Provenance& provenance);

 private:
  const ImageSource& source_;
  std::string output_;              // of a set; empty for a single shard
  std::vector<std::string> paths_;  // of the shards
  int64_t shard_size_;
  bool with_captions_;
  const CaptionTokens* tokens_;  // may be null
  std::vector<std::unique_ptr<ShardWriter>> shards_;
};

}  // namespace mae
