// Any file or folder that holds a model's weights, as names, shapes and bytes, with what lies
// beside them: training arguments of a `.pth`, config.json of a Hugging Face folder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/io/tensor_type.h"

namespace mae {

struct TensorInfo {
  ElementType type = ElementType::kFloat32;
  std::vector<int64_t> shape;
};

class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual const std::map<std::string, TensorInfo>& tensors() const = 0;
  /// Row-major elements. throws DataError when they are damaged
  virtual void read(const std::string& name, void* out) const = 0;
};

struct OpenedWeights {
  std::unique_ptr<TensorSource> source;
  std::string container;                        ///< "pth" or "safetensors"
  std::vector<std::string> files;               ///< all that was read, for provenance
  nlohmann::json config = nullptr;              ///< config.json beside safetensors
  nlohmann::json preprocessor = nullptr;        ///< preprocessor_config.json beside it
  nlohmann::json rest = nullptr;                ///< what a `.pth` saved beside its tensors
  std::map<std::string, std::string> metadata;  ///< of a safetensors file
};

/// Opens a `.pth` of either container, a safetensors file, the index of a sharded set, or a folder
/// of one of these with config.json. `key` chooses a dictionary of a `.pth` (TorchFile).
/// throws DataError  missing, damaged, none of these
OpenedWeights open_weights(const std::string& path, const std::string& key = "");

/// Whether `path` is a `.pth`, an index, a Hugging Face folder, or a safetensors file that this
/// toolkit did not write: what PublishedCheckpoint reads and our own reader does not.
bool is_published_checkpoint(const std::string& path);

/// What mae-convert wrote into a checkpoint of another layout about its origin; null when somebody
/// else wrote it. throws DataError when it is damaged
nlohmann::json published_provenance(const OpenedWeights& weights);

}  // namespace mae
