// Tables of prefixes and of names within a block; query, key and value are parts 0 to 2 of qkv.
#include "mae/layouts/key_map.h"

#include <algorithm>
#include <map>

#include "mae/base/error.h"
#include "mae/base/text.h"
#include "mae/layouts/video_key_map.h"

namespace mae {
namespace {

struct Pair {
  const char* hugging_face;
  const char* official;
};

// Within a block, without ".weight" and ".bias". The first spelling of each is the one written.
constexpr Pair kBlockNames[] = {{"layernorm_before", "norm1"},
                                {"layernorm_after", "norm2"},
                                {"attention.output.dense", "attn.proj"},
                                {"attention.o_proj", "attn.proj"},
                                {"intermediate.dense", "mlp.fc1"},
                                {"mlp.fc1", "mlp.fc1"},
                                {"output.dense", "mlp.fc2"},
                                {"mlp.fc2", "mlp.fc2"}};
constexpr Pair kAttentionNames[] = {
    {"attention.attention.query", "0"}, {"attention.attention.key", "1"},
    {"attention.attention.value", "2"}, {"attention.q_proj", "0"},
    {"attention.k_proj", "1"},          {"attention.v_proj", "2"}};
// The encoder's, behind "vit." or nothing.
constexpr Pair kEncoderNames[] = {{"embeddings.cls_token", "cls_token"},
                                  {"embeddings.position_embeddings", "pos_embed"},
                                  {"embeddings.patch_embeddings.projection", "patch_embed.proj"},
                                  {"layernorm", "norm"}};
constexpr Pair kOtherNames[] = {
    {"decoder.mask_token", "mask_token"},       {"decoder.decoder_pos_embed", "decoder_pos_embed"},
    {"decoder.decoder_embed", "decoder_embed"}, {"decoder.decoder_norm", "decoder_norm"},
    {"decoder.decoder_pred", "decoder_pred"},   {"classifier", "head"}};
constexpr Pair kBlockPrefixes[] = {{"encoder.layer.", "blocks."},
                                   {"layers.", "blocks."},
                                   {"decoder.decoder_layers.", "decoder_blocks."},
                                   {"decoder.decoder_encoder.layer.", "decoder_blocks."}};
constexpr char kVit[] = "vit.";
constexpr char kModule[] = "module.";

// "norm1.weight" -> "norm1" and ".weight"; tokens and tables have no such ending.
std::pair<std::string, std::string> split_leaf(const std::string& name) {
  for (const char* leaf : {".weight", ".bias"}) {
    const std::string ending = leaf;
    if (name.size() > ending.size() &&
        name.compare(name.size() - ending.size(), ending.size(), ending) == 0)
      return {name.substr(0, name.size() - ending.size()), ending};
  }
  return {name, ""};
}

// "3.rest" -> "3" and "rest".
bool split_index(const std::string& text, std::string* index, std::string* rest) {
  const size_t dot = text.find('.');
  if (dot == 0 || dot == std::string::npos || dot > 4) return false;
  *index = text.substr(0, dot);
  *rest = text.substr(dot + 1);
  return std::all_of(index->begin(), index->end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct OfficialName {
  std::string name;  // empty: unknown
  int part = -1;     // of qkv
};

OfficialName block_name(const std::string& blocks, const std::string& text) {
  std::string index, rest;
  if (!split_index(text, &index, &rest)) return {};
  const auto [stem, leaf] = split_leaf(rest);
  const std::string prefix = blocks + index + ".";
  for (const Pair& pair : kBlockNames) {
    if (stem == pair.hugging_face) return {prefix + pair.official + leaf, -1};
  }
  for (const Pair& pair : kAttentionNames) {
    if (stem == pair.hugging_face) return {prefix + "attn.qkv" + leaf, pair.official[0] - '0'};
  }
  return {};
}

OfficialName from_hugging_face(const std::string& full) {
  const std::string name = starts_with(full, kVit) ? full.substr(sizeof(kVit) - 1) : full;
  for (const Pair& pair : kBlockPrefixes) {
    const std::string prefix = pair.hugging_face;
    if (starts_with(name, prefix)) return block_name(pair.official, name.substr(prefix.size()));
  }
  const auto [stem, leaf] = split_leaf(name);
  for (const Pair& pair : kEncoderNames) {
    if (stem == pair.hugging_face) return {pair.official + leaf, -1};
  }
  for (const Pair& pair : kOtherNames) {
    if (stem == pair.hugging_face) return {pair.official + leaf, -1};
  }
  return {};
}

// One block's name back, or its three names.
std::vector<std::string> hugging_face_block_names(const std::string& prefix,
                                                  const std::string& text) {
  std::string index, rest;
  if (!split_index(text, &index, &rest)) return {};
  const auto [stem, leaf] = split_leaf(rest);
  const std::string start = prefix + index + ".";
  if (stem == "attn.qkv") {
    std::vector<std::string> names;
    for (int part = 0; part < 3; ++part)
      names.push_back(start + kAttentionNames[part].hugging_face + leaf);
    return names;
  }
  for (const Pair& pair : kBlockNames) {
    if (stem == pair.official) return {start + pair.hugging_face + leaf};
  }
  return {};
}

std::vector<std::string> to_hugging_face(const std::string& name, const std::string& prefix) {
  const std::string blocks = "blocks.", decoder_blocks = "decoder_blocks.";
  if (starts_with(name, blocks))
    return hugging_face_block_names(prefix + "encoder.layer.", name.substr(blocks.size()));
  if (starts_with(name, decoder_blocks))
    return hugging_face_block_names("decoder.decoder_layers.", name.substr(decoder_blocks.size()));
  const auto [stem, leaf] = split_leaf(name);
  for (const Pair& pair : kEncoderNames) {
    if (stem == pair.official) return {prefix + pair.hugging_face + leaf};
  }
  for (const Pair& pair : kOtherNames) {
    if (stem == pair.official) return {pair.hugging_face + leaf};
  }
  return {};
}

bool all_start_with(const std::vector<std::string>& names, const std::string& prefix) {
  return !names.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return starts_with(name, prefix);
  });
}

}  // namespace

NameStyle name_style(const std::vector<std::string>& names, const std::string& where) {
  if (is_hugging_face_video(names)) return NameStyle::kHuggingFace;
  for (const std::string& name : names) {
    if (starts_with(name, "vit.") || starts_with(name, "embeddings.patch_embeddings."))
      return NameStyle::kHuggingFace;
    const std::string bare = starts_with(name, kModule) ? name.substr(sizeof(kModule) - 1) : name;
    if (bare == "patch_embed.proj.weight" || bare == "patch_embed1.proj.weight" ||
        bare == "encoder.patch_embed.proj.weight")
      return NameStyle::kOfficial;
  }
  const std::string first = names.empty() ? "none" : printable(names.front());
  throw DataError("its tensors have names of no layout we know; the first is " + first, where,
                  "known are MAE's own, its successors', Hugging Face's and timm's");
}

std::vector<KeyMove> moves_to_official(const std::vector<std::string>& names, NameStyle style) {
  if (is_hugging_face_video(names)) return video_moves_to_official(names);
  std::vector<KeyMove> moves;
  const size_t dropped = all_start_with(names, kModule) ? sizeof(kModule) - 1 : 0;
  std::map<std::string, KeyMove> merges;  // of query, key and value, by the merged name
  for (const std::string& full : names) {
    const std::string name = full.substr(dropped);
    if (style == NameStyle::kOfficial) {
      moves.push_back({{full}, {name}});
      continue;
    }
    const OfficialName official = from_hugging_face(name);
    if (official.name.empty()) continue;
    if (official.part < 0) {
      moves.push_back({{full}, {official.name}});
      continue;
    }
    KeyMove& merge = merges[official.name];
    merge.from.resize(3);
    merge.from[static_cast<size_t>(official.part)] = full;
    merge.to = {official.name};
  }
  for (auto& [name, merge] : merges) {
    const bool whole = std::none_of(merge.from.begin(), merge.from.end(),
                                    [](const std::string& part) { return part.empty(); });
    if (whole) moves.push_back(std::move(merge));
  }
  return moves;
}

std::vector<KeyMove> moves_to_hugging_face(const std::vector<std::string>& names,
                                           const std::string& prefix) {
  std::vector<KeyMove> moves;
  for (const std::string& name : names) {
    std::vector<std::string> to = to_hugging_face(name, prefix);
    if (!to.empty()) moves.push_back({{name}, std::move(to)});
  }
  return moves;
}

}  // namespace mae
