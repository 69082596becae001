// A checkpoint of another program, seen through our eyes: official names, our configuration, and a
// record of what became of every key.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mae/layouts/infer_config.h"
#include "mae/layouts/key_map.h"
#include "mae/layouts/tensor_source.h"

namespace mae {

enum class KeyAction { kTaken, kRenamed, kMerged, kSplit, kMissing, kLeftOver };
/// "taken", "renamed", "merged", "split", "missing", "left over".
std::string action_name(KeyAction action);
/// By how many names there are on each side and whether they are the same.
KeyAction action_of(const KeyMove& move);

struct KeyRecord {
  KeyAction action = KeyAction::kTaken;
  std::vector<std::string> from, to;
};

/// A tensor in memory, row-major, aligned to 64 bytes.
struct LoadedTensor {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
  std::shared_ptr<void> data;
  int64_t bytes = 0;
};

class PublishedCheckpoint {
 public:
  /// Opens, maps the names and infers the configuration; reads no tensor.
  /// throws DataError   as open_weights; names or shapes that do not fit a model of ours, unless
  ///                    `hints` allows them by prefix
  ///        UsageError  as infer_config
  explicit PublishedCheckpoint(const std::string& path, const ImportHints& hints = {});

  const nlohmann::json& config() const { return inferred_.config; }
  const nlohmann::json& preprocessing() const { return inferred_.preprocessing; }
  const std::vector<std::string>& notes() const { return inferred_.notes; }
  const std::vector<std::string>& assumptions() const { return inferred_.assumptions; }
  /// For the "extra" of a checkpoint of ours: class names, and under "imported" the layout, epoch
  /// and training arguments.
  nlohmann::json extra() const;
  /// What mae-convert wrote about its origin; null for files of others.
  nlohmann::json provenance() const { return published_provenance(weights_); }
  /// "official (pth)", "Hugging Face (safetensors)", "timm (safetensors)".
  const std::string& layout() const { return layout_; }
  /// Whether names and shapes are checked by building the model, which lies above this layer: so
  /// for models with stages. Nothing is missing or left over then as far as this class knows.
  bool is_staged() const { return is_staged_; }
  const std::vector<std::string>& files() const { return weights_.files; }
  /// What a `.pth` holds besides the tensors: epoch, args, ...
  const nlohmann::json& rest() const { return weights_.rest; }
  /// Types and shapes under official names.
  const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
  /// One entry a key of the file and one a missing tensor.
  const std::vector<KeyRecord>& records() const { return records_; }
  std::vector<std::string> missing() const;
  /// By official name. throws DataError when its bytes are damaged
  LoadedTensor read(const std::string& name) const;

 private:
  void map_names();
  TensorInfo merged_info(const KeyMove& move) const;
  void take_all();
  void add_left_over();
  void check_shapes();
  void refuse_mismatch() const;

  std::string path_, layout_;
  ImportHints hints_;
  OpenedWeights weights_;
  bool is_staged_ = false;
  std::map<std::string, KeyMove> moves_;  // by official name
  std::map<std::string, TensorInfo> tensors_;
  InferredConfig inferred_;
  std::vector<KeyRecord> records_;
};

}  // namespace mae
