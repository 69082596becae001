// The file of mae-codebook: a basis of the patch space or a codebook, as safetensors, and what it
// was fitted on in the metadata key "mae.target".
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/models/checkpoint.h"
#include "mae/models/reconstruction_target.h"

namespace mae {

struct TargetFile {
  TargetKind kind = TargetKind::kPca;  ///< kPca or kTokens
  Size2d patch_size{};                 ///< 0x0: not said, as in files of other programs
  int64_t channels = 0;                ///< 0: not said
  std::vector<double> mean, std;       ///< how pixels were normalised; empty: not said
  nlohmann::json figures = nlohmann::json::object();  ///< samples, explained_variance, ...
  nlohmann::json provenance;
  StateDict tensors;  ///< kPca: mean [P], basis [K, P], variances [K]; kTokens: codebook [K, P]

  int64_t size() const;    ///< K
  int64_t values() const;  ///< P
};

/// throws ResourceError, UsageError as AtomicFile
void write_target_file(const std::string& path, const TargetFile& file,
                       Overwrite overwrite = Overwrite::kReplace);

/// A file of ours, or any safetensors file with a float32 tensor "codebook", or "basis" and "mean".
/// throws DataError  missing, damaged, or without them, or of shapes that do not belong together
TargetFile read_target_file(const std::string& path);

/// Copies basis or codebook into the buffers target.* of a model built for them.
/// throws DataError  the file was fitted on other patches, channels or normalisation than
///                   `patch_size` and `preprocessing` say
void load_target(Module& model, const TargetFile& file, const std::string& path,
                 Size2d patch_size, const Preprocessing& preprocessing);

}  // namespace mae
