// What every self-supervised model offers the tools, so that a new paper is a new file and no
// branch elsewhere.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/size2d.h"
#include "mae/masking/mask_strategy.h"
#include "mae/masking/word_mask.h"
#include "mae/nn/module.h"
#include "mae/ops/masked_patches.h"
#include "mae/ops/patch_loss.h"

namespace mae {

/// One of several numbers that a loss is made of, or that come with it.
struct LossPart {
  std::string name;  ///< "text_loss"
  Tensor value;      ///< scalar, a mean over samples
};

struct PretrainOutput {
  Tensor loss;  ///< scalar
  Tensor pred;  ///< [B, L, ...], raster order, in the space of the target; means something where
                ///< patches are hidden (predicted_patches makes patches of it)
  Tensor text_pred = {};             ///< [B, T, V] logits of the words of captions
  std::vector<LossPart> parts = {};  ///< worth a curve of their own; empty: the loss is one number
};

/// One vector a picture from the encoder's tokens. Class token: MAE's linear probe. Mean: of the
/// visible patch tokens.
enum class Pool { kCls, kMean };

/// "cls" or "mean"
const char* pool_name(Pool pool);

/// tokens [B, T + L_vis, D], of which the first T (0 or 1) are no patches -> [B, D]
/// throws UsageError  the class token where there is none
Tensor pool_tokens(const Tensor& tokens, Pool pool, int64_t num_prefix_tokens);

/// What to keep while encoding besides the final tokens.
struct EncodeRequest {
  std::vector<int64_t> blocks;  ///< 1-based blocks whose output tokens are wanted
  bool attention = false;       ///< the class token's attention in the last block
  bool maps = false;            ///< feature maps of the stages, which dense tasks need
};

struct EncoderOutput {
  Tensor tokens;  ///< [B, T + L_vis, D]: class token where the model has one (T = 1), then visible
                  ///< patches in the order of ids_keep (raster when all)
  std::vector<Tensor> blocks;  ///< each [B, T + L_vis, D], before the final norm
  Tensor attention;            ///< [B, N, L_vis]: class token's attention to the patches
  std::vector<Tensor> maps;    ///< each [B, C, H / stride, W / stride], from fine to coarse
};

class MaskedModel : public Module {
 public:
  /// Whole pretraining pass: images [B, C, H, W] or clips [B, C, T, H, W] normalised, any floating
  /// type equal to the parameters'.
  virtual PretrainOutput forward(const Tensor& images, const PatchSelection& selection) = 0;
  /// Whether forward_with_text() may be called.
  virtual bool takes_text() const { return false; }
  /// The same with what there is of pictures, their captions, and text that belongs to none.
  virtual PretrainOutput forward_with_text(const Tensor& images, const PatchSelection& selection,
                                           const TextInput& captions, const TextInput& unpaired);
  /// Whether loss_of_patches() may be called.
  virtual bool takes_patches() const { return false; }
  /// The loss of forward() from the patches that count, cut out beforehand (masked_patches.h with
  /// norm_pix_loss()), in the parameters' type. What is not needed for it is not computed.
  /// ids_hidden  [B, L_hid] of the target; every sample hides as many
  virtual Tensor loss_of_patches(const MaskedPatches& patches, const PatchSelection& selection,
                                 const Tensor& ids_hidden);
  /// Parameters that only text would train are trained no more.
  virtual void leave_out_text() {}
  /// Encoder alone; nothing hidden when `selection` is null.
  virtual EncoderOutput encode(const Tensor& images, const PatchSelection* selection = nullptr,
                               const EncodeRequest& request = {}) = 0;
  virtual bool has_decoder() const = 0;
  /// How its paper masks: what is drawn unless somebody says otherwise.
  virtual MaskingOptions default_masking() const { return {}; }
  /// By default everything goes but several masks a picture.
  /// throws UsageError  the model cannot work with masks of this strategy
  virtual void check_masking(MaskStrategy strategy) const;
  /// Tokens before the patches: 1 is a class token, 0 none.
  virtual int64_t num_prefix_tokens() const { return 1; }
  /// The pooling the encoder was trained for, or is commonly judged by.
  virtual Pool default_pool() const { return num_prefix_tokens() > 0 ? Pool::kCls : Pool::kMean; }
  /// One vector a picture from the final tokens of encode(): [B, T + L_vis, D] -> [B, D].
  virtual Tensor pooled_features(const Tensor& tokens, Pool pool) const {
    return pool_tokens(tokens, pool, num_prefix_tokens());
  }
  /// Strides of EncoderOutput::maps, from fine to coarse; empty: the model has none.
  virtual std::vector<int64_t> map_strides() const { return {}; }
  /// Whether attention can be asked for: the last block attends from a class token.
  virtual bool has_cls_attention() const { return num_prefix_tokens() > 0; }
  virtual Size2d img_size() const = 0;
  virtual Size2d patch_size() const = 0;
  virtual int64_t in_chans() const = 0;
  /// Frames of a clip, and of one of its tubelets; 1 and 1 for models of pictures.
  virtual int64_t num_frames() const { return 1; }
  virtual int64_t tubelet_size() const { return 1; }
  virtual int64_t embed_dim() const = 0;
  virtual int64_t depth() const = 0;
  /// Whether targets are normalised patch by patch, so that showing a prediction needs statistics.
  virtual bool norm_pix_loss() const = 0;
  /// Parameters that never decay in pretraining besides biases and those of one dimension.
  virtual bool is_undecayed(const std::string& /*name*/) const { return false; }
  /// A prediction of forward() [B, L, ...] as patches [B, L, P]: of normalised pixels, or with
  /// norm_pix_loss of what is left of them after target_stats().
  virtual Tensor predicted_patches(const Tensor& pred) const { return pred; }
  /// With norm_pix_loss: what the target of each patch [B, L, P] is normalised by.
  virtual PatchStats target_stats(const Tensor& patches) const { return patch_stats(patches); }
  /// Everything needed to build it again; "model" names the architecture ("mae").
  virtual nlohmann::json config() const = 0;
  /// Fresh weights as published (spec 1.10), each parameter from the stream (seed, "init", 0, its
  /// name).
  virtual void initialize(uint64_t seed) = 0;

  Size2d grid() const {
    return {img_size().height / patch_size().height, img_size().width / patch_size().width};
  }
  /// What masks are drawn over: the grid, of clips in every time slot.
  MaskGrid mask_grid() const { return {grid(), num_frames() / tubelet_size()}; }
};

}  // namespace mae
