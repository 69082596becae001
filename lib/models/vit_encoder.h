// The plain vision transformer's pass over visible patches, for every model that has one.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/masked_model.h"
#include "mae/models/vit_options.h"
#include "mae/nn/transformer_block.h"

namespace mae {

/// Modules of a model, not owned by this view of them.
struct VitEncoder {
  const PatchEmbed& patch_embed;
  const Tensor& cls_token;  ///< [1, 1, D]; undefined: there is none (T = 0)
  const Tensor& pos_embed;  ///< [1, T + L, D]
  const std::vector<std::shared_ptr<TransformerBlock>>& blocks;
  const LayerNorm* norm;  ///< null: tokens stay as the last block gives them
  /// [1, 1, D], what hidden patches enter as; null: they are left out
  const Tensor* mask_token = nullptr;
};

/// Frozen table [1, T + L, width] float32 as the options say.
Tensor vit_pos_embed(const VitOptions& options, int64_t width);
/// Blocks of the encoder.
BlockOptions vit_block_options(const VitOptions& options);

/// images [B, C, H, W] -> patch tokens with positions [B, L, D], before masking.
Tensor embed_patches(const VitEncoder& encoder, const Tensor& images);

/// Visible patches [B, L_vis, P], the channel slowest -> tokens with positions [B, L_vis, D].
Tensor embed_visible(const VitEncoder& encoder, const Tensor& visible, const Tensor& ids_keep);

/// What follows the embedding: tokens [B, L_vis, D] through class token, blocks and norm.
EncoderOutput encode_tokens(const VitEncoder& encoder, const Tensor& tokens,
                            const EncodeRequest& request);

/// As MaskedModel::encode; with mask_token and a selection tokens come for all L patches in raster
/// order, and visible_only() takes those that encode() promises.
EncoderOutput encode_patches(const VitEncoder& encoder, const Tensor& images,
                             const PatchSelection* selection, const EncodeRequest& request);
/// Of tokens of all patches [B, T + L, D] in raster order the first T and the visible ones.
EncoderOutput visible_only(const EncoderOutput& all, const PatchSelection& selection,
                           int64_t num_prefix_tokens);

}  // namespace mae
