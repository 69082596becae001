// One table of parts a block, one of all else, read in both directions.
#include "mae/layouts/video_key_map.h"

#include <algorithm>
#include <map>

#include "mae/base/text.h"

namespace mae {
namespace {

struct Pair {
  const char* hugging_face;
  const char* official;
};

// Within a block. The first spelling of each is the one written; query, key and value come first.
constexpr Pair kBlockNames[] = {{"attention.attention.query.weight", "attn.qkv.weight"},
                                {"attention.attention.key.weight", "attn.qkv.weight"},
                                {"attention.attention.value.weight", "attn.qkv.weight"},
                                {"attention.attention.q_bias", "attn.q_bias"},
                                {"attention.attention.v_bias", "attn.v_bias"},
                                {"attention.attention.query.bias", "attn.q_bias"},
                                {"attention.attention.value.bias", "attn.v_bias"},
                                {"attention.output.dense.weight", "attn.proj.weight"},
                                {"attention.output.dense.bias", "attn.proj.bias"},
                                {"layernorm_before.weight", "norm1.weight"},
                                {"layernorm_before.bias", "norm1.bias"},
                                {"layernorm_after.weight", "norm2.weight"},
                                {"layernorm_after.bias", "norm2.bias"},
                                {"intermediate.dense.weight", "mlp.fc1.weight"},
                                {"intermediate.dense.bias", "mlp.fc1.bias"},
                                {"output.dense.weight", "mlp.fc2.weight"},
                                {"output.dense.bias", "mlp.fc2.bias"}};
constexpr char kQkv[] = "attn.qkv.weight";

// Of the encoder, behind "videomae." there and "encoder." here.
constexpr Pair kEncoderNames[] = {
    {"embeddings.patch_embeddings.projection.weight", "patch_embed.proj.weight"},
    {"embeddings.patch_embeddings.projection.bias", "patch_embed.proj.bias"},
    {"layernorm.weight", "norm.weight"},
    {"layernorm.bias", "norm.bias"}};
constexpr Pair kOtherNames[] = {{"classifier.weight", "head.weight"},
                                {"classifier.bias", "head.bias"},
                                {"fc_norm.weight", "fc_norm.weight"},
                                {"fc_norm.bias", "fc_norm.bias"},
                                {"mask_token", "mask_token"},
                                {"encoder_to_decoder.weight", "encoder_to_decoder.weight"},
                                {"decoder.norm.weight", "decoder.norm.weight"},
                                {"decoder.norm.bias", "decoder.norm.bias"},
                                {"decoder.head.weight", "decoder.head.weight"},
                                {"decoder.head.bias", "decoder.head.bias"}};
constexpr char kThere[] = "videomae.", kHere[] = "encoder.";
constexpr char kLayers[] = "encoder.layer.", kDecoderLayers[] = "decoder.decoder_layers.";
constexpr char kBlocks[] = "blocks.", kDecoderBlocks[] = "decoder.blocks.";

std::string without(const std::string& text, const std::string& prefix) {
  return starts_with(text, prefix) ? text.substr(prefix.size()) : text;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "3.rest" -> "3." and "rest"; empty where there is no number.
std::pair<std::string, std::string> split_number(const std::string& text) {
  const size_t dot = text.find('.');
  const bool number =
      dot != std::string::npos && dot > 0 && dot < 5 && text.find_first_not_of("0123456789") == dot;
  if (!number) return {};
  return {text.substr(0, dot + 1), text.substr(dot + 1)};
}

// An official name, and the part of qkv (0 to 2) that it is, else -1.
struct Found {
  std::string name;
  int part = -1;
};

Found in_block(const std::string& blocks, const std::string& text) {
  const auto [number, rest] = split_number(text);
  int part = 0;
  for (const Pair& pair : kBlockNames) {
    if (rest == pair.hugging_face && !number.empty())
      return {blocks + number + pair.official, part < 3 ? part : -1};
    ++part;
  }
  return {};
}

Found official_name(const std::string& full, const std::string& encoder) {
  for (const Pair& pair : kOtherNames) {
    if (full == pair.hugging_face) return {pair.official, -1};
  }
  if (starts_with(full, kDecoderLayers))
    return in_block(kDecoderBlocks, full.substr(sizeof(kDecoderLayers) - 1));
  const std::string name = without(full, kThere);
  for (const Pair& pair : kEncoderNames) {
    if (name == pair.hugging_face) return {encoder + pair.official, -1};
  }
  if (starts_with(name, kLayers)) return in_block(encoder + kBlocks, without(name, kLayers));
  return {};
}

std::vector<std::string> from_block(const std::string& layers, const std::string& text) {
  const auto [number, rest] = split_number(text);
  if (rest == kQkv) {
    return {layers + number + kBlockNames[0].hugging_face,
            layers + number + kBlockNames[1].hugging_face,
            layers + number + kBlockNames[2].hugging_face};
  }
  for (const Pair& pair : kBlockNames) {
    if (rest == pair.official) return {layers + number + pair.hugging_face};
  }
  return {};
}

std::vector<std::string> hugging_face_names(const std::string& full, const std::string& prefix) {
  for (const Pair& pair : kOtherNames) {
    if (full == pair.official) return {pair.hugging_face};
  }
  if (starts_with(full, kDecoderBlocks))
    return from_block(kDecoderLayers, full.substr(sizeof(kDecoderBlocks) - 1));
  const std::string name = without(full, kHere);
  for (const Pair& pair : kEncoderNames) {
    if (name == pair.official) return {prefix + pair.hugging_face};
  }
  if (starts_with(name, kBlocks)) return from_block(prefix + kLayers, without(name, kBlocks));
  return {};
}

}  // namespace

bool is_hugging_face_video(const std::vector<std::string>& names) {
  const std::string attention = "encoder.layer.0.attention.attention.";
  if (has(names, attention + "q_bias")) return true;
  if (has(names, attention + "query.bias") && !has(names, attention + "key.bias")) return true;
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return starts_with(name, kThere); });
}

std::vector<KeyMove> video_moves_to_official(const std::vector<std::string>& names) {
  const std::string encoder = has(names, "classifier.weight") ? "" : kHere;
  std::vector<KeyMove> moves;
  std::map<std::string, KeyMove> merges;
  for (const std::string& name : names) {
    const Found found = official_name(name, encoder);
    if (found.name.empty()) continue;
    if (found.part < 0) {
      moves.push_back({{name}, {found.name}});
      continue;
    }
    KeyMove& merge = merges[found.name];
    merge.from.resize(3);
    merge.from[static_cast<size_t>(found.part)] = name;
    merge.to = {found.name};
  }
  for (auto& [name, merge] : merges) {
    if (!has(merge.from, "")) moves.push_back(std::move(merge));
  }
  return moves;
}

std::vector<KeyMove> video_moves_to_hugging_face(const std::vector<std::string>& names,
                                                 const std::string& prefix) {
  std::vector<KeyMove> moves;
  for (const std::string& name : names) {
    std::vector<std::string> to = hugging_face_names(name, prefix);
    if (!to.empty()) moves.push_back({{name}, std::move(to)});
  }
  return moves;
}

}  // namespace mae
