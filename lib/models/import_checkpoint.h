// Published checkpoints as ours: the official `.pth`, Hugging Face, timm (lib/layouts), with fresh
// weights where the user allows a tensor to be missing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/layouts/published_checkpoint.h"
#include "mae/models/checkpoint.h"

namespace mae {

struct ImportedCheckpoint {
  Checkpoint checkpoint;  ///< without provenance
  std::string layout;
  std::vector<KeyRecord> records;
  std::vector<std::string> notes, assumptions, files;
};

/// Reads all tensors. Those that `hints` allow to miss are initialised as published, from `seed`.
/// throws as PublishedCheckpoint
ImportedCheckpoint import_checkpoint(const std::string& path, const ImportHints& hints = {},
                                     uint64_t seed = 0);

/// Configuration and preprocessing only.
Checkpoint import_header(const PublishedCheckpoint& published);

}  // namespace mae
