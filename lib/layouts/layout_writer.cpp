#include "mae/layouts/layout_writer.h"

#include <sys/stat.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/base/text.h"
#include "mae/layouts/expected_tensors.h"
#include "mae/layouts/hugging_face_config.h"
#include "mae/layouts/video_key_map.h"
#include "mae/pth/torch_writer.h"

namespace mae {
namespace {

constexpr char kSafetensorsSuffix[] = ".safetensors";

bool is_classifier(const CheckpointParts& parts) {
  return parts.config.at("model") == "vit_classifier";
}

std::vector<std::string> names_of(const CheckpointParts& parts) {
  std::vector<std::string> names;
  for (const auto& [name, view] : parts.tensors) names.push_back(name);
  return names;
}

bool is_video(const CheckpointParts& parts) {
  const nlohmann::json& model = parts.config.at("model");
  return model == "video_mae" || model == "video_classifier";
}

std::vector<KeyMove> hugging_face_moves(const CheckpointParts& parts) {
  if (is_video(parts)) {
    const bool bare = parts.config.value("decoder_embed_dim", int64_t{1}) == 0;
    return video_moves_to_hugging_face(names_of(parts), bare ? "" : "videomae.");
  }
  if (is_classifier(parts) && parts.config.at("global_pool").get<bool>()) {
    throw UsageError(
        "Hugging Face's ViT classifies the class token; this model classifies the mean of the "
        "patches",
        "--to huggingface", "write official or timm, which have this head");
  }
  const bool bare = !is_classifier(parts) && parts.config.at("decoder_embed_dim") == 0;
  return moves_to_hugging_face(names_of(parts), bare ? "" : "vit.");
}

// Models of ablations are trained with our own code only.
void check_expressible(Layout layout, const CheckpointParts& parts) {
  if (layout == Layout::kMae) return;
  const auto has = [&](const char* field, const nlohmann::json& value) {
    return parts.config.value(field, nlohmann::json()) == value;
  };
  const auto refuse = [](const std::string& what, const std::string& hint) {
    throw UsageError("only our own layout can hold a model with " + what, "--to", hint);
  };
  const std::string own = "write a .safetensors file of ours";
  const std::string model = parts.config.value("model", "");
  const bool is_plain = model == "mae" || model == "vit_classifier";
  const bool has_layout =
      layout == Layout::kOfficial || (layout == Layout::kHuggingFace && is_video(parts));
  if (!is_plain && !has_layout) {
    throw UsageError("a model of kind " + model + " has no such layout", "--to",
                     "write official (.pth), whose names are its authors', or a .safetensors file "
                     "of ours");
  }
  if (has("class_token", false)) refuse("no class token", own);
  if (has("key_bias", false)) refuse("biases of queries and values alone", own);
  if (layout == Layout::kTimm || is_classifier(parts) || has("decoder_embed_dim", 0)) return;
  const std::string encoder = "--encoder-only leaves its decoder out";
  if (has("encoder_mask_tokens", true)) refuse("mask tokens in the encoder", encoder);
  if (parts.config.contains("target")) refuse("target " + parts.config["target"].dump(), encoder);
}

// Equal rows of a tensor, where it is split.
std::map<std::string, TensorView> moved_tensors(const std::vector<KeyMove>& moves,
                                                const CheckpointParts& parts) {
  std::map<std::string, TensorView> tensors;
  for (const KeyMove& move : moves) {
    const TensorView& whole = parts.tensors.at(move.from[0]);
    const auto pieces = static_cast<int64_t>(move.to.size());
    TensorView piece = whole;
    if (pieces > 1) piece.shape.at(0) /= pieces;
    const int64_t bytes = element_count(piece.shape, move.from[0]) * element_size(piece.type);
    for (int64_t i = 0; i < pieces; ++i) {
      piece.data = static_cast<const char*>(whole.data) + i * bytes;
      tensors[move.to[static_cast<size_t>(i)]] = piece;
    }
  }
  return tensors;
}

std::map<std::string, std::string> own_metadata(const CheckpointParts& parts) {
  return {{"mae.config", parts.config.dump()},
          {"mae.preprocessing", parts.preprocessing.dump()},
          {"mae.provenance", parts.provenance.dump()},
          {"mae.extra", parts.extra.dump()}};
}

/// transformers has no field for it.
void warn_about_eps(const CheckpointParts& parts) {
  if (!is_video(parts)) return;
  constexpr double kTheirs = 1e-5;
  const double eps = parts.config.at("layer_norm_eps").get<double>();
  if (parts.config.value("head_norm_eps", eps) == kTheirs) return;
  log_warning(
      "transformers gives decoder.norm and fc_norm an eps of 1e-05 whatever the file says: its "
      "outputs differ by about 2.5e-05");
}

void write_hugging_face(const std::string& folder, const CheckpointParts& parts,
                        Overwrite overwrite) {
  make_directories(folder);
  const std::string base = folder + (folder.back() == '/' ? "" : "/");
  warn_about_eps(parts);
  const std::map<std::string, std::string> metadata = {{"format", "pt"},
                                                       {"mae.provenance", parts.provenance.dump()}};
  // The weights come last: a folder that was interrupted has none, and is not taken for a whole
  // one.
  write_file_atomically(base + "config.json",
                        hugging_face_config(parts.config, parts.extra).dump(2) + "\n", overwrite);
  write_file_atomically(base + "preprocessor_config.json",
                        hugging_face_preprocessor(parts.preprocessing, is_video(parts)).dump(2) + "\n", overwrite);
  write_safetensors(base + "model.safetensors", moved_tensors(hugging_face_moves(parts), parts),
                    metadata, overwrite);
}

}  // namespace

Layout parse_layout(const std::string& name) {
  if (name == "mae") return Layout::kMae;
  if (name == "official") return Layout::kOfficial;
  if (name == "huggingface") return Layout::kHuggingFace;
  if (name == "timm") return Layout::kTimm;
  throw UsageError("expected one of mae, official, huggingface, timm; got \"" + name + "\"",
                   "--to");
}

Layout layout_of_output(const std::string& path) {
  struct stat info {};
  if ((!path.empty() && path.back() == '/') ||
      (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)))
    return Layout::kHuggingFace;
  if (ends_with(path, ".pth") || ends_with(path, ".pt")) return Layout::kOfficial;
  if (ends_with(path, kSafetensorsSuffix)) return Layout::kMae;
  throw UsageError("its name does not say which layout to write", path,
                   "end it in .safetensors, .pth or /, or give --to");
}

std::vector<KeyRecord> plan_layout(Layout layout, const CheckpointParts& parts) {
  check_expressible(layout, parts);
  std::vector<KeyRecord> records;
  if (layout == Layout::kHuggingFace) {
    for (const KeyMove& move : hugging_face_moves(parts))
      records.push_back({action_of(move), move.from, move.to});
    return records;
  }
  for (const auto& [name, view] : parts.tensors) {
    const bool dropped = layout == Layout::kTimm && is_decoder_tensor(name);
    records.push_back({dropped ? KeyAction::kLeftOver : KeyAction::kTaken,
                       {name},
                       dropped ? std::vector<std::string>{} : std::vector<std::string>{name}});
  }
  return records;
}

void write_layout(const std::string& path, Layout layout, const CheckpointParts& parts,
                  Overwrite overwrite) {
  if (layout == Layout::kHuggingFace) {
    write_hugging_face(path, parts, overwrite);
    return;
  }
  std::map<std::string, std::string> metadata = own_metadata(parts);
  if (layout == Layout::kOfficial) {
    pth::write_torch_file(path, parts.tensors, metadata, overwrite);
    return;
  }
  metadata["format"] = "pt";
  if (layout == Layout::kMae) {
    write_safetensors(path, parts.tensors, metadata, overwrite);
    return;
  }
  // timm takes a file with a mask token for another model's, so the decoder stays behind.
  CheckpointParts encoder = parts;
  for (const auto& [name, view] : parts.tensors) {
    if (is_decoder_tensor(name)) encoder.tensors.erase(name);
  }
  if (!is_classifier(parts)) encoder.config["decoder_embed_dim"] = 0;
  metadata = own_metadata(encoder);
  metadata["format"] = "pt";
  write_safetensors(path, encoder.tensors, metadata, overwrite);
}

}  // namespace mae
