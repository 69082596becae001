// Safetensors on disk, a Checkpoint in memory; metadata keys "mae.config", "mae.preprocessing",
// "mae.provenance", "mae.extra".
#include "mae/models/checkpoint.h"

#include <ATen/ops/empty.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/io/safetensors_file.h"
#include "mae/layouts/layout_writer.h"
#include "mae/layouts/tensor_source.h"
#include "mae/models/element_type.h"
#include "mae/models/import_checkpoint.h"
#include "mae/models/registry.h"
#include "mae/models/size_json.h"

namespace mae {
namespace {

nlohmann::json parse_metadata(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) return {};
  nlohmann::json json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw DataError("metadata '" + key + "' is not valid JSON", file.path());
  return json;
}

Checkpoint read_header(const SafetensorsFile& file) {
  Checkpoint checkpoint;
  checkpoint.config = parse_metadata(file, "mae.config");
  const nlohmann::json preprocessing = parse_metadata(file, "mae.preprocessing");
  if (!checkpoint.config.is_object() || !preprocessing.is_object()) {
    throw DataError("the file holds tensors but not the configuration of a model of ours",
                    file.path(), "convert a published checkpoint with mae-convert");
  }
  try {
    checkpoint.preprocessing = preprocessing.get<Preprocessing>();
  } catch (const nlohmann::json::exception&) {
    throw DataError("metadata 'mae.preprocessing' has a field of the wrong type", file.path());
  }
  checkpoint.provenance = parse_metadata(file, "mae.provenance");
  const nlohmann::json extra = parse_metadata(file, "mae.extra");
  if (extra.is_object()) checkpoint.extra = extra;
  return checkpoint;
}

// What a file leaves open is asked of users of mae-convert; for other tools the file is at fault.
template <typename Read>
auto without_hints(const Read& read) {
  try {
    return read();
  } catch (const UsageError& error) {
    throw DataError(error.what(), error.where(), error.hint());
  }
}

/// What stands in a file is the file's fault, whatever finds it.
template <typename Build>
auto from_config(const nlohmann::json& config, const std::string& where, const Build& build) {
  try {
    return build();
  } catch (const nlohmann::json::exception&) {
    throw DataError("the model's configuration is damaged: " + config.dump(), where);
  } catch (const UsageError& error) {
    throw DataError(error.what(), where, error.hint());
  }
}

}  // namespace

void to_json(nlohmann::json& json, const Preprocessing& p) {
  json = {{"image_size", p.image_size},
          {"channels", p.channels},
          {"bit_depth", p.bit_depth},
          {"mean", p.mean},
          {"std", p.std}};
  if (p.stride > 0) json["stride"] = p.stride;
  if (!p.vocabulary.empty()) json["vocabulary"] = p.vocabulary;
}

void from_json(const nlohmann::json& json, Preprocessing& p) {
  p.image_size = json.at("image_size").get<Size2d>();
  p.channels = json.at("channels").get<int64_t>();
  p.bit_depth = json.value("bit_depth", 8);
  constexpr int64_t kLongestStride = 1 << 20;
  p.stride = std::clamp<int64_t>(json.value("stride", int64_t{0}), 0, kLongestStride);
  p.mean = json.at("mean").get<std::vector<double>>();
  p.std = json.at("std").get<std::vector<double>>();
  p.vocabulary = json.value("vocabulary", "");
  const auto channels = static_cast<size_t>(p.channels);
  bool fits = p.channels > 0 && p.mean.size() == channels && p.std.size() == channels;
  for (const double value : p.std) fits = fits && value > 0;
  if (!fits)
    throw DataError("preprocessing needs one mean and one positive std a channel",
                    "mae.preprocessing");
}

std::string checkpoint_file(const std::string& path) {
  struct stat info {};
  const bool is_folder = ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  return is_folder && !is_published_checkpoint(path) ? path + "/checkpoint.safetensors" : path;
}

Checkpoint read_checkpoint(const std::string& path) {
  if (is_published_checkpoint(path)) {
    ImportedCheckpoint imported = without_hints([&] { return import_checkpoint(path); });
    for (const std::string& note : imported.notes) log_info(path + ": " + note);
    for (const std::string& assumption : imported.assumptions)
      log_warning(path + ": " + assumption);
    return std::move(imported.checkpoint);
  }
  const SafetensorsFile file(checkpoint_file(path));
  Checkpoint checkpoint = read_header(file);
  for (const auto& [name, entry] : file.entries()) {
    Tensor tensor = at::empty(entry.shape, torch_type(entry.type));
    file.read(name, tensor.data_ptr());
    checkpoint.tensors[name] = tensor;
  }
  return checkpoint;
}

Checkpoint read_checkpoint_header(const std::string& path) {
  if (is_published_checkpoint(path))
    return without_hints([&] { return import_header(PublishedCheckpoint(path)); });
  return read_header(SafetensorsFile(checkpoint_file(path)));
}

CheckpointParts checkpoint_parts(const Checkpoint& checkpoint, StateDict* kept) {
  CheckpointParts parts{
      checkpoint.config, checkpoint.preprocessing, checkpoint.provenance, checkpoint.extra, {}};
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const Tensor stored = (*kept)[name] = tensor.detach().cpu().contiguous();
    parts.tensors[name] = {stored_type(stored.scalar_type(), name), stored.sizes().vec(),
                           stored.data_ptr()};
  }
  return parts;
}

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint, Overwrite overwrite) {
  StateDict kept;  // alive until written
  write_layout(path, Layout::kMae, checkpoint_parts(checkpoint, &kept), overwrite);
}

std::shared_ptr<MaskedModel> load_masked_model(const Checkpoint& checkpoint,
                                               const std::string& where, Size2d img_size) {
  StateDict tensors = checkpoint.tensors;
  std::vector<std::string> unused;
  auto model = from_config(checkpoint.config, where, [&] {
    const MaskedModelKind& kind = masked_model_kind(checkpoint.config);
    unused = kind.unused;
    if (img_size.area() == 0) return kind.make(checkpoint.config);
    const nlohmann::json config = kind.resize.config(checkpoint.config, img_size);
    auto made = kind.make(config);
    kind.resize.tensors(checkpoint.config, config, &tensors);
    return made;
  });
  load_state_dict(*model, tensors, where, /*may_miss=*/{}, unused);
  return model;
}

std::shared_ptr<Classifier> load_classifier(const Checkpoint& checkpoint,
                                            const std::string& where) {
  if (!is_classifier(checkpoint.config)) {
    throw DataError("this checkpoint is not a classifier", where,
                    "fine-tune it first with mae-finetune");
  }
  auto model = from_config(checkpoint.config, where,
                           [&] { return make_classifier_model(checkpoint.config); });
  load_state_dict(*model, checkpoint.tensors, where);
  return model;
}

void resize_classifier(Size2d img_size, Checkpoint* checkpoint) {
  if (img_size.area() <= 0 || !is_classifier(checkpoint->config)) return;
  const ClassifierKind& kind = classifier_kind(checkpoint->config);
  try {
    const nlohmann::json config = kind.resize.config(checkpoint->config, img_size);
    kind.resize.tensors(checkpoint->config, config, &checkpoint->tensors);
    checkpoint->config = config;
    checkpoint->preprocessing.image_size = img_size;
  } catch (const nlohmann::json::exception&) {
    return;  // load_classifier tells
  }
}

}  // namespace mae
