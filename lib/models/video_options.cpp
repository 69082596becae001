// Checks and JSON of VideoMAE's options and its classifier's.
#include "mae/models/option_checks.h"
#include "mae/models/size_json.h"
#include "mae/models/video_classifier.h"
#include "mae/models/video_mae.h"

namespace mae {
namespace {

struct ClipShape {
  Size2d img_size, patch_size;
  int64_t num_frames, tubelet_size, in_chans;
};

void check_clip(const ClipShape& clip) {
  check_range("img_size height", clip.img_size.height, 1, 65536);
  check_range("img_size width", clip.img_size.width, 1, 65536);
  check_range("patch_size height", clip.patch_size.height, 1, 65536);
  check_range("patch_size width", clip.patch_size.width, 1, 65536);
  check_divides("img_size height", clip.img_size.height, "patch_size height",
                clip.patch_size.height);
  check_divides("img_size width", clip.img_size.width, "patch_size width", clip.patch_size.width);
  check_range("num_frames", clip.num_frames, 1, 65536);
  check_range("tubelet_size", clip.tubelet_size, 1, 65536);
  check_divides("num_frames", clip.num_frames, "tubelet_size", clip.tubelet_size);
  const int64_t grid =
      clip.img_size.height / clip.patch_size.height * (clip.img_size.width / clip.patch_size.width);
  check_range("patches of a frame", grid, 1, int64_t{1} << 20);
  check_range("tubelets of a clip", grid * (clip.num_frames / clip.tubelet_size), 1,
              int64_t{1} << 20);
  check_range("channels of a clip", clip.in_chans, 1, 4096);
}

void check_width(const std::string& part, int64_t dim, int64_t num_heads) {
  check_range(part + "embed_dim", dim, 2, 65536);
  check_range(part + "num_heads", num_heads, 1, 1024);
  check_divides(part + "embed_dim", dim, part + "num_heads", num_heads);
  check_divides(part + "embed_dim", dim, "the position table's factor", 2);
}

void check_head_norm_eps(double eps) {
  if (eps != 0) check_layer_norm_eps("head_norm_eps", eps);
}

}  // namespace

void check_options(const VideoMaeOptions& o) {
  check_clip({o.img_size, o.patch_size, o.num_frames, o.tubelet_size, o.encoder_in_chans});
  check_width("", o.encoder_embed_dim, o.encoder_num_heads);
  check_range("depth", o.encoder_depth, 1, 1024);
  check_mlp_ratio(o.mlp_ratio, o.encoder_embed_dim);
  if (o.decoder_embed_dim != 0) {
    check_width("decoder_", o.decoder_embed_dim, o.decoder_num_heads);
    check_range("decoder_depth", o.decoder_depth, 0, 1024);
    check_mlp_ratio(o.mlp_ratio, o.decoder_embed_dim);
  }
  check_head_norm_eps(o.head_norm_eps);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
  const auto channels = static_cast<size_t>(o.encoder_in_chans);
  bool fits = o.pixel_mean.size() == channels && o.pixel_std.size() == channels;
  for (const double value : o.pixel_std) fits = fits && value > 0;
  if (!fits) {
    throw UsageError("pixel_mean and pixel_std need one number a channel, the latter positive");
  }
}

void to_json(nlohmann::json& json, const VideoMaeOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"num_frames", o.num_frames},
          {"tubelet_size", o.tubelet_size},
          {"in_chans", o.encoder_in_chans},
          {"embed_dim", o.encoder_embed_dim},
          {"depth", o.encoder_depth},
          {"num_heads", o.encoder_num_heads},
          {"decoder_embed_dim", o.decoder_embed_dim},
          {"decoder_depth", o.decoder_depth},
          {"decoder_num_heads", o.decoder_num_heads},
          {"mlp_ratio", o.mlp_ratio},
          {"qkv_bias", o.qkv_bias},
          {"norm_pix_loss", o.normlize_target},
          {"pixel_mean", o.pixel_mean},
          {"pixel_std", o.pixel_std},
          {"layer_norm_eps", o.layer_norm_eps}};
  if (o.head_norm_eps > 0) json["head_norm_eps"] = o.head_norm_eps;
}

void from_json(const nlohmann::json& json, VideoMaeOptions& o) {
  take_field(json, "img_size", o.img_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "num_frames", o.num_frames);
  take_field(json, "tubelet_size", o.tubelet_size);
  take_field(json, "encoder_in_chans", o.encoder_in_chans);
  take_field(json, "in_chans", o.encoder_in_chans);
  take_field(json, "encoder_embed_dim", o.encoder_embed_dim);
  take_field(json, "embed_dim", o.encoder_embed_dim);
  take_field(json, "encoder_depth", o.encoder_depth);
  take_field(json, "depth", o.encoder_depth);
  take_field(json, "encoder_num_heads", o.encoder_num_heads);
  take_field(json, "num_heads", o.encoder_num_heads);
  take_field(json, "decoder_embed_dim", o.decoder_embed_dim);
  take_field(json, "decoder_depth", o.decoder_depth);
  take_field(json, "decoder_num_heads", o.decoder_num_heads);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "qkv_bias", o.qkv_bias);
  take_field(json, "normlize_target", o.normlize_target);
  take_field(json, "norm_pix_loss", o.normlize_target);
  take_field(json, "pixel_mean", o.pixel_mean);
  take_field(json, "pixel_std", o.pixel_std);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
  take_field(json, "head_norm_eps", o.head_norm_eps);
}

void check_options(const VideoClassifierOptions& o) {
  check_clip({o.img_size, o.patch_size, o.num_frames, o.tubelet_size, o.in_chans});
  check_width("", o.embed_dim, o.num_heads);
  check_range("depth", o.depth, 1, 1024);
  check_range("num_classes", o.num_classes, 1, int64_t{1} << 24);
  check_mlp_ratio(o.mlp_ratio, o.embed_dim);
  check_layer_norm_eps("layer_norm_eps", o.layer_norm_eps);
  check_head_norm_eps(o.head_norm_eps);
  check_drop_path_rate(o.drop_path_rate);
}

void to_json(nlohmann::json& json, const VideoClassifierOptions& o) {
  json = {{"img_size", o.img_size},
          {"patch_size", o.patch_size},
          {"num_frames", o.num_frames},
          {"tubelet_size", o.tubelet_size},
          {"in_chans", o.in_chans},
          {"embed_dim", o.embed_dim},
          {"depth", o.depth},
          {"num_heads", o.num_heads},
          {"mlp_ratio", o.mlp_ratio},
          {"qkv_bias", o.qkv_bias},
          {"use_mean_pooling", o.use_mean_pooling},
          {"num_classes", o.num_classes},
          {"drop_path_rate", o.drop_path_rate},
          {"layer_norm_eps", o.layer_norm_eps}};
  if (o.head_norm_eps > 0) json["head_norm_eps"] = o.head_norm_eps;
}

void from_json(const nlohmann::json& json, VideoClassifierOptions& o) {
  take_field(json, "img_size", o.img_size);
  take_field(json, "patch_size", o.patch_size);
  take_field(json, "num_frames", o.num_frames);
  take_field(json, "tubelet_size", o.tubelet_size);
  take_field(json, "in_chans", o.in_chans);
  take_field(json, "embed_dim", o.embed_dim);
  take_field(json, "depth", o.depth);
  take_field(json, "num_heads", o.num_heads);
  take_field(json, "mlp_ratio", o.mlp_ratio);
  take_field(json, "qkv_bias", o.qkv_bias);
  take_field(json, "use_mean_pooling", o.use_mean_pooling);
  take_field(json, "num_classes", o.num_classes);
  take_field(json, "drop_path_rate", o.drop_path_rate);
  take_field(json, "layer_norm_eps", o.layer_norm_eps);
  take_field(json, "head_norm_eps", o.head_norm_eps);
}

}  // namespace mae
