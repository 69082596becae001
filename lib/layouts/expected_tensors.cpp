#include "mae/layouts/expected_tensors.h"

#include "mae/base/error.h"
#include "mae/base/text.h"

namespace mae {
namespace {

using Shapes = std::map<std::string, std::vector<int64_t>>;

constexpr int64_t kMaxSize = int64_t{1} << 20;  // no width, depth or picture of a model is larger

void add_linear(Shapes* shapes, const std::string& name, int64_t out, int64_t in, bool bias) {
  (*shapes)[name + ".weight"] = {out, in};
  if (bias) (*shapes)[name + ".bias"] = {out};
}

void add_norm(Shapes* shapes, const std::string& name, int64_t width) {
  (*shapes)[name + ".weight"] = {width};
  (*shapes)[name + ".bias"] = {width};
}

void add_blocks(Shapes* shapes, const std::string& prefix, int64_t depth, int64_t width,
                int64_t hidden, bool qkv_bias) {
  for (int64_t i = 0; i < depth; ++i) {
    const std::string block = prefix + "." + std::to_string(i) + ".";
    add_norm(shapes, block + "norm1", width);
    add_linear(shapes, block + "attn.qkv", 3 * width, width, qkv_bias);
    add_linear(shapes, block + "attn.proj", width, width, true);
    add_norm(shapes, block + "norm2", width);
    add_linear(shapes, block + "mlp.fc1", hidden, width, true);
    add_linear(shapes, block + "mlp.fc2", width, hidden, true);
  }
}

}  // namespace

std::map<std::string, std::vector<int64_t>> expected_tensors(const nlohmann::json& config,
                                                             const std::string& where) {
  const auto size = [&](const nlohmann::json& value, const std::string& name) {
    const auto number = value.is_number_integer() ? value.get<int64_t>() : int64_t{-1};
    if (number < 1 || number > kMaxSize)
      throw DataError(name + " is " + value.dump() + ", which no model has", where);
    return number;
  };
  const auto field = [&](const char* name) { return size(config.at(name), name); };
  const int64_t D = field("embed_dim"), depth = field("depth"), C = field("in_chans");
  const int64_t ph = size(config.at("patch_size").at(0), "patch_size"),
                pw = size(config.at("patch_size").at(1), "patch_size");
  const int64_t L = (size(config.at("img_size").at(0), "img_size") / ph) *
                    (size(config.at("img_size").at(1), "img_size") / pw);
  const double mlp_ratio = config.at("mlp_ratio").get<double>();
  const bool qkv_bias = config.at("qkv_bias").get<bool>();
  const auto hidden = [&](int64_t width) {
    return static_cast<int64_t>(static_cast<double>(width) * mlp_ratio);
  };

  Shapes shapes = {{"cls_token", {1, 1, D}},
                   {"pos_embed", {1, 1 + L, D}},
                   {"patch_embed.proj.weight", {D, C, ph, pw}},
                   {"patch_embed.proj.bias", {D}}};
  add_blocks(&shapes, "blocks", depth, D, hidden(D), qkv_bias);
  if (config.at("model") == "vit_classifier") {
    add_norm(&shapes, config.at("global_pool").get<bool>() ? "fc_norm" : "norm", D);
    add_linear(&shapes, "head", field("num_classes"), D, true);
    return shapes;
  }
  add_norm(&shapes, "norm", D);
  if (config.at("decoder_embed_dim") == 0) return shapes;
  const int64_t Dd = field("decoder_embed_dim");
  shapes["mask_token"] = {1, 1, Dd};
  shapes["decoder_pos_embed"] = {1, 1 + L, Dd};
  add_linear(&shapes, "decoder_embed", Dd, D, true);
  if (config.at("decoder_depth") != 0)
    add_blocks(&shapes, "decoder_blocks", field("decoder_depth"), Dd, hidden(Dd), qkv_bias);
  add_norm(&shapes, "decoder_norm", Dd);
  add_linear(&shapes, "decoder_pred", ph * pw * C, Dd, true);
  return shapes;
}

bool is_decoder_tensor(const std::string& name) {
  return name == "mask_token" || name == "encoder_mask_token" || starts_with(name, "decoder_") ||
         starts_with(name, "target.");
}

}  // namespace mae
