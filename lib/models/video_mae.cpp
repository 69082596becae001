// The published order of operations (spec 7.2 to 7.4). Position tables are fixed and in no
// checkpoint.
#include "mae/models/video_mae.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/base/text.h"
#include "mae/masking/hidden_ids.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/models/size_json.h"
#include "mae/nn/wanted_blocks.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/pos_embed.h"
#include "mae/ops/tubelets.h"

namespace mae {
namespace {

/// [1, L, D], rounded to float32 as published.
Tensor position_table(int64_t width, int64_t positions) {
  return sincos_pos_embed_1d(width, positions, /*cls_token=*/false).unsqueeze(0).to(at::kFloat);
}

/// The table's rows `ids` [B, K], in the type and on the device of `like`: [B, K, D].
Tensor positions_at(const Tensor& table, const Tensor& ids, const Tensor& like) {
  return gather_tokens(table.to(like.options()).expand({ids.size(0), -1, -1}), ids);
}

BlockOptions block_options(const VideoMaeOptions& o, int64_t dim, int64_t num_heads) {
  BlockOptions block;
  block.dim = dim;
  block.num_heads = num_heads;
  block.mlp_ratio = o.mlp_ratio;
  block.qkv_bias = o.qkv_bias;
  block.key_bias = false;
  block.layer_norm_eps = o.layer_norm_eps;
  return block;
}

}  // namespace

/// "encoder.patch_embed", "encoder.blocks", "encoder.norm".
class VideoMae::Encoder : public Module {
 public:
  explicit Encoder(const VideoMaeOptions& o)
      : pos_embed_(position_table(o.encoder_embed_dim, o.tokens())) {
    const int64_t D = o.encoder_embed_dim;
    patch_embed_ = register_module(
        "patch_embed",
        std::make_shared<TubeletEmbed>(o.tubelet_size, o.patch_size, o.encoder_in_chans, D));
    blocks_ =
        register_blocks(*this, "blocks", o.encoder_depth, block_options(o, D, o.encoder_num_heads));
    norm_ = register_module("norm", std::make_shared<LayerNorm>(D, o.layer_norm_eps));
  }

  EncoderOutput forward(const Tensor& videos, const PatchSelection* selection,
                        const EncodeRequest& request) const {
    Tensor x = patch_embed_->forward(videos);  // [B, L, D]
    x = x + pos_embed_.to(x.options());
    if (selection) x = gather_tokens(x, selection->ids_keep);  // [B, L_vis, D]
    EncoderOutput output;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      x = blocks_[i]->forward(x);
      keep_wanted(request.blocks, static_cast<int64_t>(i) + 1, x, &output.blocks);
    }
    output.tokens = norm_->forward(x);
    return output;
  }

 private:
  Tensor pos_embed_;
  std::shared_ptr<TubeletEmbed> patch_embed_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

/// "decoder.blocks", "decoder.norm", "decoder.head".
class VideoMae::Decoder : public Module {
 public:
  explicit Decoder(const VideoMaeOptions& o)
      : pos_embed(position_table(o.decoder_embed_dim, o.tokens())) {
    const int64_t D = o.decoder_embed_dim;
    blocks_ =
        register_blocks(*this, "blocks", o.decoder_depth, block_options(o, D, o.decoder_num_heads));
    norm_ = register_module("norm", std::make_shared<LayerNorm>(D, o.last_norm_eps()));
    head_ = register_module("head", std::make_shared<Linear>(D, o.token_values()));
  }

  /// x [B, L, D], the last `hidden` of which are predicted: [B, hidden, P].
  Tensor forward(Tensor x, int64_t hidden) const {
    for (const auto& block : blocks_) x = block->forward(x);
    return head_->forward(norm_->forward(x.slice(/*dim=*/1, x.size(1) - hidden)));
  }

  const Tensor pos_embed;

 private:
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> head_;
};

VideoMae::VideoMae(const VideoMaeOptions& options) : options_(options) {
  check_options(options);
  const int64_t D = options.encoder_embed_dim, Dd = options.decoder_embed_dim;
  if (!has_decoder()) {
    encoder_ = register_module("encoder", std::make_shared<Encoder>(options));
    return;
  }
  mask_token_ = register_parameter("mask_token", at::empty({1, 1, Dd}));
  encoder_ = register_module("encoder", std::make_shared<Encoder>(options));
  decoder_ = register_module("decoder", std::make_shared<Decoder>(options));
  encoder_to_decoder_ =
      register_module("encoder_to_decoder", std::make_shared<Linear>(D, Dd, /*bias=*/false));
}

PretrainOutput VideoMae::forward(const Tensor& videos, const PatchSelection& selection) {
  if (!has_decoder()) throw UsageError("the model has no decoder and predicts no pixels");
  const Tensor latent = encode(videos, &selection).tokens;
  const Tensor hidden = hidden_ids(selection);    // [B, N]
  const Tensor pred = decode(latent, selection);  // [B, N, P]
  const Tensor wanted = gather_tokens(target(videos), hidden);
  const Tensor loss = patch_errors(pred, wanted).mean();
  const Tensor places = hidden.unsqueeze(-1).expand(pred.sizes());
  const Tensor whole = at::zeros({pred.size(0), options_.tokens(), pred.size(2)}, pred.options());
  return {loss, whole.scatter(/*dim=*/1, places, pred)};
}

EncoderOutput VideoMae::encode(const Tensor& videos, const PatchSelection* selection,
                               const EncodeRequest& request) {
  check_shape("videos", videos,
              {kAny, options_.encoder_in_chans, options_.num_frames, options_.img_size.height,
               options_.img_size.width});
  return encoder_->forward(videos, selection, request);
}

Tensor VideoMae::decode(const Tensor& latent, const PatchSelection& selection) {
  const Tensor visible = encoder_to_decoder_->forward(latent);  // [B, L_vis, Dd]
  const Tensor hidden = hidden_ids(selection);                  // [B, N]
  const Tensor& table = decoder_->pos_embed;
  const Tensor x =
      at::cat({visible + positions_at(table, selection.ids_keep, visible),
               mask_token_.to(visible.scalar_type()) + positions_at(table, hidden, visible)},
              /*dim=*/1);  // [B, L, Dd]
  return decoder_->forward(x, hidden.size(1));
}

Tensor VideoMae::target(const Tensor& videos) const {
  const auto channels = [&](const std::vector<double>& values) {
    return at::tensor(values, at::kDouble).to(videos.options()).reshape({1, -1, 1, 1, 1});
  };
  const Tensor pixels =
      videos.detach() * channels(options_.pixel_std) + channels(options_.pixel_mean);  // in [0, 1]
  const Tensor tokens = tubelets(pixels, options_.tubelet_size, options_.patch_size);
  if (!options_.normlize_target) return tokens;
  return normalize_patches(tokens, channel_stats(tokens, options_.encoder_in_chans));
}

void VideoMae::check_masking(MaskStrategy strategy) const {
  if (strategy == MaskStrategy::kTube || strategy == MaskStrategy::kRandom) return;
  throw UsageError("'" + mask_strategy_name(strategy) + "' masks do not fit models of clips",
                   "--strategy", "use tube or random");
}

namespace {

/// One number a channel, repeated for all pixels of a tubelet: [P].
Tensor per_value(const std::vector<double>& values, int64_t count, const Tensor& like) {
  return at::tensor(values, at::kDouble)
      .to(like.options())
      .repeat({count / static_cast<int64_t>(values.size())});
}

}  // namespace

Tensor VideoMae::predicted_patches(const Tensor& pred) const {
  if (options_.normlize_target) return pred;
  return (pred - per_value(options_.pixel_mean, pred.size(-1), pred)) /
         per_value(options_.pixel_std, pred.size(-1), pred);
}

PatchStats VideoMae::target_stats(const Tensor& patches) const {
  const int64_t P = patches.size(-1), C = options_.encoder_in_chans;
  const PatchStats stats = channel_stats(patches * per_value(options_.pixel_std, P, patches) +
                                             per_value(options_.pixel_mean, P, patches),
                                         C);  // each [B, L, C]
  const Tensor std = per_value(options_.pixel_std, C, patches);
  return {(stats.mean - per_value(options_.pixel_mean, C, patches)) / std, stats.std / std};
}

nlohmann::json VideoMae::config() const {
  nlohmann::json json = options_;
  json["model"] = "video_mae";
  return json;
}

void VideoMae::initialize(uint64_t seed) {
  const Tensor kernel = named_parameters()["encoder.patch_embed.proj.weight"];
  const double conv_bound = conv_default_bound(kernel);
  const auto special = [&](const std::string& name, Tensor& parameter) {
    if (starts_with(name, "encoder.patch_embed.proj.")) {
      fill_uniform(parameter, conv_bound, seed, name);
    } else if (name == "encoder_to_decoder.weight") {  // never reached by the published rules
      fill_uniform(parameter, 1.0 / std::sqrt(static_cast<double>(parameter.size(1))), seed, name);
    } else if (name == "mask_token") {
      fill_truncated_normal(parameter, 0.02, 0.02, seed, name);
    } else {
      return false;
    }
    return true;
  };
  initialize_module(*this, {LinearInit::kXavierUniform}, seed, special);
}

namespace {

struct VideoSize {
  const char* name;
  int64_t embed_dim, depth, num_heads, decoder_depth, decoder_num_heads;
};

// Spec 7.1. The decoder is half as wide; its depth is that of the published scripts.
constexpr VideoSize kVideoSizes[] = {
    {"video-mae-small-patch16", 384, 12, 6, 4, 3},
    {"video-mae-base-patch16", 768, 12, 12, 4, 6},
    {"video-mae-large-patch16", 1024, 24, 16, 12, 8},
    {"video-mae-huge-patch16", 1280, 32, 16, 12, 8},
};

nlohmann::json config_of(const VideoSize& size) {
  VideoMaeOptions options;
  options.encoder_embed_dim = size.embed_dim;
  options.encoder_depth = size.depth;
  options.encoder_num_heads = size.num_heads;
  options.decoder_embed_dim = size.embed_dim / 2;
  options.decoder_depth = size.decoder_depth;
  options.decoder_num_heads = size.decoder_num_heads;
  nlohmann::json json = options;
  json["model"] = "video_mae";
  return json;
}

}  // namespace

ResizeRule video_resize_rule() {
  const auto config_of_size = [](nlohmann::json config, Size2d img_size) {
    config["img_size"] = img_size;
    return config;
  };
  return {config_of_size, [](const nlohmann::json&, const nlohmann::json&, StateDict*) {}};
}

MaskedModelKind video_mae_kind() {
  MaskedModelKind kind;
  kind.model = "video_mae";
  kind.family = "video-mae-";
  kind.classifier = "video_classifier";
  kind.resize = video_resize_rule();
  kind.defaults = {{"head_norm_eps", 0.0}};
  for (const VideoSize& size : kVideoSizes) kind.named.emplace_back(size.name, config_of(size));
  kind.make = [defaults = kind.defaults](const nlohmann::json& config) {
    return std::make_shared<VideoMae>(parse_model_options<VideoMaeOptions>(config, defaults));
  };
  return kind;
}

}  // namespace mae
