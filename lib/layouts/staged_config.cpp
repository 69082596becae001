// Each paper is asked in turn whether the names are its own (paper_configs.h).
#include "mae/layouts/staged_config.h"

#include "mae/base/error.h"
#include "mae/layouts/paper_configs.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr bool (*kPapers[])(StagedReader*) = {take_conv_mae,   take_hivit,       take_mixmim,
                                              take_um_mae_pvt, take_um_mae_swin, take_video_mae};

// What mae-convert wrote into a file of the official layout, when it is of another model than MAE.
json own_config(const OpenedWeights& weights, const std::string& where) {
  if (!weights.rest.is_object()) return nullptr;
  const json text = weights.rest.value("mae.config", json());
  if (!text.is_string()) return nullptr;
  json config = json::parse(text.get<std::string>(), nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) throw DataError("holds a damaged configuration", where);
  const json model = config.value("model", json());
  const bool is_staged = model.is_string() && model != "mae" && model != "vit_classifier";
  return is_staged && config.contains("img_size") && config.contains("in_chans") ? config : json();
}

bool take_config(StagedReader* file, const OpenedWeights& weights, const std::string& where) {
  const json own = own_config(weights, where);
  if (own.is_object()) {
    file->result.config = own;
    return true;
  }
  for (const auto take : kPapers) {
    if (take(file)) return true;
  }
  return false;
}

}  // namespace

std::optional<InferredConfig> infer_staged_config(const std::map<std::string, TensorInfo>& tensors,
                                                  const OpenedWeights& weights,
                                                  const ImportHints& hints,
                                                  const std::string& where) {
  StagedReader file(tensors, weights, hints, where);
  if (!take_config(&file, weights, where)) return std::nullopt;
  json& config = file.result.config;
  file.result.preprocessing = infer_preprocessing(weights, hints, config, where);
  // Targets of clips are pixels in [0, 1], so the model itself knows what normalised them.
  if (config.contains("pixel_mean") && config["pixel_mean"].empty()) {
    config["pixel_mean"] = file.result.preprocessing["mean"];
    config["pixel_std"] = file.result.preprocessing["std"];
  }
  return std::move(file.result);
}

}  // namespace mae
