// VideoMAE and its classifier, of the official and of Hugging Face's files.
#include "mae/layouts/paper_configs.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr double kOfficialEps = 1e-6, kTorchEps = 1e-5;
constexpr int64_t kPublishedSide = 224, kPublishedFrames = 16;

struct Size {
  int64_t width, depth, num_heads;
};
// Spec 7.1: heads of 64, but for the huge model.
constexpr Size kSizes[] = {{384, 12, 6}, {768, 12, 12}, {1024, 24, 16}, {1280, 32, 16}};

int64_t published_heads(int64_t width, int64_t depth) {
  for (const Size& size : kSizes) {
    if (size.width == width && size.depth == depth) return size.num_heads;
  }
  return 0;
}

int64_t said_integer(const json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  const bool said = json.is_object() && found != json.end() && found->is_number_integer() &&
                    *found > 0 && *found < (int64_t{1} << 24);
  return said ? found->get<int64_t>() : 0;
}

void take_heads(StagedReader* file, int64_t width, int64_t depth) {
  json& config = file->result.config;
  const int64_t said = said_integer(file->hugging_face(), "num_attention_heads");
  const int64_t published = published_heads(width, depth);
  if (file->hints().num_heads > 0) {
    config["num_heads"] = file->hints().num_heads;
  } else if (said > 0 && published > 0 && said != published) {
    // The small model of the hub: trained with 6 heads, its config.json says 16.
    config["num_heads"] = published;
    file->result.notes.push_back(
        "num_heads is taken as " + std::to_string(published) + ", with which the published model " +
        "of this size was trained; its config.json says " + std::to_string(said) +
        ", which --num-heads " + std::to_string(said) + " would follow");
  } else if (said > 0) {
    config["num_heads"] = said;
  } else if (published > 0) {
    config["num_heads"] = published;
    file->result.notes.push_back("num_heads is taken as " + std::to_string(published) +
                                 ", which the published model of this width and depth has");
  } else {
    file->ask_for_heads(width, "--num-heads");
  }
}

void take_decoder(StagedReader* file) {
  json& config = file->result.config;
  config["decoder_embed_dim"] = 0;
  if (!file->has("encoder_to_decoder.weight")) return;  // as the published huge model's file
  const int64_t width = file->shape("encoder_to_decoder.weight", 2)[0];
  config["decoder_embed_dim"] = width;
  config["decoder_depth"] = file->count_blocks("decoder.blocks.", "norm1.weight");
  constexpr int64_t kHeadDim = 64;  // of all published decoders but the huge one's, which has 8
  constexpr int64_t kHugeDecoder = 640;
  int64_t heads = said_integer(file->hugging_face(), "decoder_num_attention_heads");
  if (file->hints().decoder_num_heads > 0) heads = file->hints().decoder_num_heads;
  if (heads == 0 && width == kHugeDecoder) heads = 8;
  if (heads == 0 && width % kHeadDim == 0) heads = width / kHeadDim;
  if (heads == 0) file->ask_for_heads(width, "--decoder-num-heads");
  config["decoder_num_heads"] = heads;
}

// Clips' sizes are in no tensor: position tables are computed.
void take_clip(StagedReader* file, const std::vector<int64_t>& kernel) {
  json& config = file->result.config;
  config["in_chans"] = kernel[1];
  config["tubelet_size"] = kernel[2];
  config["patch_size"] = {kernel[3], kernel[4]};
  int64_t frames = said_integer(file->hugging_face(), "num_frames");
  for (const char* name : {"num_frames", "num_segments"}) {
    if (frames == 0) frames = said_integer(file->arguments(), name);
  }
  if (frames < kernel[2] || frames % kernel[2] != 0) {
    frames = kPublishedFrames;
    file->result.assumptions.emplace_back("num_frames is not recorded and taken as 16");
  }
  config["num_frames"] = frames;
  Size2d size = file->hints().image_size;
  int64_t side = said_integer(file->hugging_face(), "image_size");
  if (side == 0) side = said_integer(file->arguments(), "input_size");
  if (size.area() <= 0) size = {side > 0 ? side : kPublishedSide, side > 0 ? side : kPublishedSide};
  config["img_size"] = {size.height, size.width};
}

void take_eps(StagedReader* file) {
  json& config = file->result.config;
  config["layer_norm_eps"] = kOfficialEps;
  const json& said = file->hugging_face();
  if (!said.is_object()) return;
  const json eps = said.value("layer_norm_eps", json(1e-12));
  config["layer_norm_eps"] = eps.is_number() ? eps.get<double>() : kOfficialEps;
  config["head_norm_eps"] = kTorchEps;  // of decoder.norm and fc_norm there, whatever it says
}

}  // namespace

bool take_video_mae(StagedReader* file) {
  const bool pretrained = file->rank("encoder.patch_embed.proj.weight") == 5;
  const std::string encoder = pretrained ? "encoder." : "";
  const std::string embedding = encoder + "patch_embed.proj.weight";
  if (file->rank(embedding) != 5) return false;
  const std::vector<int64_t>& kernel = file->shape(embedding, 5);
  const std::string blocks = encoder + "blocks.";
  const int64_t width = kernel[0], depth = file->count_blocks(blocks, "norm1.weight");
  take_clip(file, kernel);
  json& config = file->result.config;
  config["embed_dim"] = width;
  config["depth"] = depth;
  config["mlp_ratio"] = depth == 0 ? 4.0 : file->mlp_ratio(blocks + "0.", width);
  config["qkv_bias"] = file->has(blocks + "0.attn.q_bias");
  take_heads(file, width, depth);
  take_eps(file);
  file->take_head("video_mae", "video_classifier");
  if (file->is_classifier()) {
    config["use_mean_pooling"] = file->has("fc_norm.weight");
    return true;
  }
  take_decoder(file);
  const json normalised = file->hugging_face().is_object()
                              ? file->hugging_face().value("norm_pix_loss", json(true))
                              : json(true);  // the published option to switch it off does nothing
  config["norm_pix_loss"] =
      file->said_norm_pix_loss().value_or(normalised.is_boolean() ? normalised.get<bool>() : true);
  config["pixel_mean"] = config["pixel_std"] = json::array();  // with the preprocessing
  return true;
}

}  // namespace mae
