#include "mae/layouts/hugging_face_config.h"

#include <cmath>
#include <string>
#include <utility>

namespace mae {
namespace {

using nlohmann::json;

constexpr int kBicubic = 3;  // Pillow's number

// A number for squares, as everybody expects, else [height, width].
json side_or_pair(const json& size) { return size.at(0) == size.at(1) ? size.at(0) : size; }

int64_t hidden_width(const json& config, const char* width) {
  return static_cast<int64_t>(config.at(width).get<double>() *
                              config.at("mlp_ratio").get<double>());
}

void add_labels(json* out, int64_t classes, const json& extra) {
  const json names = extra.is_object() ? extra.value("class_names", json()) : json();
  const bool named = names.is_array() && static_cast<int64_t>(names.size()) == classes;
  json id2label = json::object(), label2id = json::object();
  for (int64_t i = 0; i < classes; ++i) {
    const std::string label = named && names[static_cast<size_t>(i)].is_string()
                                  ? names[static_cast<size_t>(i)].get<std::string>()
                                  : "LABEL_" + std::to_string(i);
    id2label[std::to_string(i)] = label;
    label2id[label] = i;
  }
  (*out)["id2label"] = id2label;
  (*out)["label2id"] = label2id;
}

void add_decoder(json* out, const json& config) {
  (*out)["decoder_hidden_size"] = config.at("decoder_embed_dim");
  (*out)["decoder_intermediate_size"] = hidden_width(config, "decoder_embed_dim");
  (*out)["decoder_num_attention_heads"] = config.at("decoder_num_heads");
  (*out)["decoder_num_hidden_layers"] = config.at("decoder_depth");
}

constexpr int kBilinear = 2;

json video_preprocessor(const json& preprocessing) {
  const json &size = preprocessing.at("image_size"), &height = size.at(0), &width = size.at(1);
  return {{"crop_size", {{"height", height}, {"width", width}}},
          {"do_center_crop", true},
          {"do_normalize", true},
          {"do_rescale", true},
          {"do_resize", true},
          {"image_mean", preprocessing.at("mean")},
          {"image_processor_type", "VideoMAEImageProcessor"},
          {"image_std", preprocessing.at("std")},
          {"resample", kBilinear},
          {"rescale_factor", 1.0 / 255},
          {"size", {{"shortest_edge", height < width ? height : width}}}};
}

json video_config(json out, const json& config, const json& extra) {
  out["model_type"] = "videomae";
  out["num_frames"] = config.at("num_frames");
  out["tubelet_size"] = config.at("tubelet_size");
  if (config.at("model") == "video_classifier") {
    out["architectures"] = {"VideoMAEForVideoClassification"};
    out["use_mean_pooling"] = config.at("use_mean_pooling");
    add_labels(&out, config.at("num_classes"), extra);
    return out;
  }
  out["use_mean_pooling"] = false;  // the encoder ends with its norm
  out["norm_pix_loss"] = config.at("norm_pix_loss");
  const bool has_decoder = config.at("decoder_embed_dim") != 0;
  out["architectures"] = {has_decoder ? "VideoMAEForPreTraining" : "VideoMAEModel"};
  if (has_decoder) add_decoder(&out, config);
  return out;
}

}  // namespace

json hugging_face_config(const json& config, const json& extra) {
  json out = {{"attention_probs_dropout_prob", 0.0},
              {"hidden_act", "gelu"},
              {"hidden_dropout_prob", 0.0},
              {"hidden_size", config.at("embed_dim")},
              {"image_size", side_or_pair(config.at("img_size"))},
              {"initializer_range", 0.02},
              {"intermediate_size", hidden_width(config, "embed_dim")},
              {"layer_norm_eps", config.at("layer_norm_eps")},
              {"num_attention_heads", config.at("num_heads")},
              {"num_channels", config.at("in_chans")},
              {"num_hidden_layers", config.at("depth")},
              {"patch_size", side_or_pair(config.at("patch_size"))},
              {"qkv_bias", config.at("qkv_bias")}};
  if (config.contains("num_frames")) return video_config(std::move(out), config, extra);
  if (config.at("model") == "vit_classifier") {
    out["architectures"] = {"ViTForImageClassification"};
    out["model_type"] = "vit";
    add_labels(&out, config.at("num_classes"), extra);
    return out;
  }
  const bool has_decoder = config.at("decoder_embed_dim") != 0;
  out["architectures"] = {has_decoder ? "ViTMAEForPreTraining" : "ViTMAEModel"};
  out["model_type"] = "vit_mae";
  out["mask_ratio"] = 0.75;
  out["norm_pix_loss"] = config.at("norm_pix_loss");
  if (has_decoder) add_decoder(&out, config);
  return out;
}

json hugging_face_preprocessor(const json& preprocessing, bool video) {
  const json& size = preprocessing.at("image_size");
  if (video) return video_preprocessor(preprocessing);
  return {{"do_normalize", true},
          {"do_rescale", true},
          {"do_resize", true},
          {"image_mean", preprocessing.at("mean")},
          {"image_processor_type", "ViTImageProcessor"},
          {"image_std", preprocessing.at("std")},
          {"resample", kBicubic},
          {"rescale_factor", 1.0 / (std::exp2(preprocessing.value("bit_depth", 8)) - 1)},
          {"size", {{"height", size.at(0)}, {"width", size.at(1)}}}};
}

}  // namespace mae
