// Checkpoints for other programs: the official `.pth`, a Hugging Face folder, timm's safetensors.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/io/safetensors_file.h"
#include "mae/layouts/published_checkpoint.h"

namespace mae {

enum class Layout { kMae, kOfficial, kHuggingFace, kTimm };

/// "mae", "official", "huggingface", "timm". throws UsageError listing them
Layout parse_layout(const std::string& name);
/// By the output's name: .pth and .pt official, .safetensors ours, a folder (or a name that ends in
/// "/") Hugging Face. throws UsageError for other names
Layout layout_of_output(const std::string& path);

/// A checkpoint of ours, in pieces: names official, JSON as in its metadata.
struct CheckpointParts {
  nlohmann::json config, preprocessing, provenance, extra;
  std::map<std::string, TensorView> tensors;
};

/// Names as they will be in the file; a tensor the layout has no place for has no `to`.
/// throws UsageError  the layout cannot hold this model at all (Hugging Face: a classifier that
/// pools the mean; all but ours: most ablations)
std::vector<KeyRecord> plan_layout(Layout layout, const CheckpointParts& parts);

/// Writes as planned, atomically file by file. throws ResourceError, UsageError as AtomicFile
void write_layout(const std::string& path, Layout layout, const CheckpointParts& parts,
                  Overwrite overwrite = Overwrite::kReplace);

}  // namespace mae
