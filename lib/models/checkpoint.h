// A checkpoint file: tensors, the model's configuration, how its images were prepared, and where it
// comes from (mae-checkpoint(5)).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/base/provenance.h"
#include "mae/layouts/layout_writer.h"
#include "mae/models/masked_model.h"
#include "mae/models/state_dict.h"
#include "mae/models/vit_classifier.h"

namespace mae {

/// How pixels became model input: value / max, minus mean, over std, per channel.
struct Preprocessing {
  Size2d image_size{224, 224};
  int64_t channels = 3;
  int bit_depth = 8;
  std::vector<double> mean, std;  ///< one a channel, in units of [0, 1]
};
void to_json(nlohmann::json& json, const Preprocessing& preprocessing);
void from_json(const nlohmann::json& json, Preprocessing& preprocessing);

struct Checkpoint {
  nlohmann::json config;  ///< {"model": "mae", ...}
  Preprocessing preprocessing;
  nlohmann::json provenance;
  nlohmann::json extra =
      nlohmann::json::object();  ///< class names, step, loss: whatever the writer adds
  StateDict tensors;
};

/// Any checkpoint: ours, a run directory (its checkpoint.safetensors), or a published one in any of
/// the layouts of import_checkpoint.h.
/// throws DataError: missing, damaged, of no layout known, or a published one that leaves its sizes
/// open (the hint names mae-convert)
Checkpoint read_checkpoint(const std::string& path);
/// Only configuration and metadata, no tensors.
Checkpoint read_checkpoint_header(const std::string& path);
/// The checkpoint as bytes and JSON, for the writers of lib/layouts. `kept` gets contiguous copies
/// that must outlive the result.
CheckpointParts checkpoint_parts(const Checkpoint& checkpoint, StateDict* kept);
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                      Overwrite overwrite = Overwrite::kReplace);

/// Builds the self-supervised model a checkpoint holds and loads its weights. img_size, when not
/// 0x0 and other than the checkpoint's, resizes both position tables.
std::shared_ptr<MaskedModel> load_masked_model(const Checkpoint& checkpoint,
                                               const std::string& where, Size2d img_size = {});
std::shared_ptr<VitClassifier> load_classifier(const Checkpoint& checkpoint,
                                               const std::string& where);

}  // namespace mae
