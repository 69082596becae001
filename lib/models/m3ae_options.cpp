// Checks and JSON of M3AE's options.
#include <string>
#include <tuple>

#include "mae/models/m3ae.h"
#include "mae/models/option_checks.h"
#include "mae/models/size_json.h"

namespace mae {

void check_options(const M3aeOptions& o) {
  check_range("img_size height", o.image_size.height, 1, 65536);
  check_range("img_size width", o.image_size.width, 1, 65536);
  check_range("patch_size height", o.patch_size.height, 1, 65536);
  check_range("patch_size width", o.patch_size.width, 1, 65536);
  check_divides("img_size height", o.image_size.height, "patch_size height", o.patch_size.height);
  check_divides("img_size width", o.image_size.width, "patch_size width", o.patch_size.width);
  check_range("patches of an image", o.grid().area(), 1, int64_t{1} << 20);
  check_range("in_chans", o.in_chans, 1, 4096);
  check_range("text_length", o.text_length, 1, int64_t{1} << 20);
  check_range("text_vocab_size", o.text_vocab_size, 1, int64_t{1} << 24);
  check_range("depth", o.depth, 1, 1024);
  check_range("decoder_depth", o.dec_depth, 0, 1024);
  for (const auto& [width, heads, part] :
       {std::tuple(o.emb_dim, o.num_heads, ""),
        std::tuple(o.dec_emb_dim, o.dec_num_heads, "decoder_")}) {
    check_range(part + std::string("embed_dim"), width, 4, 65536);
    check_range(part + std::string("num_heads"), heads, 1, 1024);
    check_divides(part + std::string("embed_dim"), width, part + std::string("num_heads"), heads);
    check_divides(part + std::string("embed_dim"), width, "the position table's factor", 4);
    check_mlp_ratio(o.mlp_ratio, width);
  }
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
  if (!(o.image_loss_weight >= 0 && o.text_loss_weight >= 0 && o.unpaired_text_loss_weight >= 0))
    throw UsageError("weights of losses must not be negative");
}

void to_json(nlohmann::json& json, const M3aeOptions& o) {
  json = {{"img_size", o.image_size},
          {"patch_size", o.patch_size},
          {"in_chans", o.in_chans},
          {"text_length", o.text_length},
          {"text_vocab_size", o.text_vocab_size},
          {"embed_dim", o.emb_dim},
          {"depth", o.depth},
          {"num_heads", o.num_heads},
          {"decoder_embed_dim", o.dec_emb_dim},
          {"decoder_depth", o.dec_depth},
          {"decoder_num_heads", o.dec_num_heads},
          {"mlp_ratio", o.mlp_ratio},
          {"use_type_embedding", o.use_type_embedding},
          {"image_loss_weight", o.image_loss_weight},
          {"text_loss_weight", o.text_loss_weight},
          {"unpaired_text_loss_weight", o.unpaired_text_loss_weight},
          {"layer_norm_eps", o.layer_norm_eps}};
}

void from_json(const nlohmann::json& json, M3aeOptions& o) {
  // Ours, which all models share, and the published code's.
  take_field(json, "img_size", o.image_size);
  take_field(json, "embed_dim", o.emb_dim);
  take_field(json, "decoder_embed_dim", o.dec_emb_dim);
  take_field(json, "decoder_depth", o.dec_depth);
  take_field(json, "decoder_num_heads", o.dec_num_heads);
  take_field(json, "image_size", o.image_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "text_length", o.text_length);
  take_field(json, "text_vocab_size", o.text_vocab_size);
  take_field(json, "emb_dim", o.emb_dim);
  take_field(json, "depth", o.depth);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "dec_emb_dim", o.dec_emb_dim);
  take_field(json, "dec_depth", o.dec_depth);
  take_field(json, "dec_num_heads", o.dec_num_heads);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "use_type_embedding", o.use_type_embedding);
  take_field(json, "image_loss_weight", o.image_loss_weight);
  take_field(json, "text_loss_weight", o.text_loss_weight);
  take_field(json, "unpaired_text_loss_weight", o.unpaired_text_loss_weight);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
}

}  // namespace mae
