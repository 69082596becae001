// A checkpoint file: tensors, the model's configuration, how its images were prepared, and where it
// comes from (mae-checkpoint(5)).
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/base/provenance.h"
#include "mae/base/size2d.h"
#include "mae/models/state_dict.h"

namespace mae {

class Classifier;
class MaskedModel;
struct CheckpointParts;

/// How pixels became model input: value / max, minus mean, over std, per channel.
struct Preprocessing {
  Size2d image_size{224, 224};
  int64_t channels = 3;
  int bit_depth = 8;
  std::vector<double> mean, std;  ///< one a channel, in units of [0, 1]
  int64_t stride = 0;             ///< of models of clips: frames of a video from one to the next
  std::string vocabulary;         ///< digest of the captions' vocabulary; empty: none were read
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

/// What a checkpoint operand means: a run folder its checkpoint.safetensors, all else (a Hugging
/// Face folder too) itself.
std::string checkpoint_file(const std::string& path);

/// Any checkpoint: ours, a run directory (its checkpoint.safetensors), or a published one in any of
/// the layouts of import_checkpoint.h.
/// throws DataError: missing, damaged, of no layout known, or a published one that leaves its sizes
/// open (the hint names mae-convert)
Checkpoint read_checkpoint(const std::string& path);
/// Only configuration and metadata, no tensors.
Checkpoint read_checkpoint_header(const std::string& path);
/// The checkpoint as bytes and JSON, for the writers of lib/layouts/layout_writer.h. `kept` gets
/// contiguous copies that must outlive the result.
CheckpointParts checkpoint_parts(const Checkpoint& checkpoint, StateDict* kept);
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                      Overwrite overwrite = Overwrite::kReplace);

/// Builds the self-supervised model a checkpoint holds, or a fine-tuned classifier's encoder, and
/// loads its weights. img_size, when not 0x0 and other than the checkpoint's, resizes position
/// tables. throws DataError
std::shared_ptr<MaskedModel> load_masked_model(const Checkpoint& checkpoint,
                                               const std::string& where, Size2d img_size = {});
std::shared_ptr<Classifier> load_classifier(const Checkpoint& checkpoint, const std::string& where);

/// Brings a classifier's position tables to pictures of another size. Nothing happens for 0x0, for
/// its own size, and for what is no classifier or damaged, which load_classifier reports.
/// throws UsageError  its patches do not divide the size
void resize_classifier(Size2d img_size, Checkpoint* checkpoint);

}  // namespace mae
