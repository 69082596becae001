// The plain vision transformer's pass over visible patches, for every model that has one.
#pragma once

#include <memory>
#include <vector>

#include "mae/models/masked_model.h"
#include "mae/nn/transformer_block.h"

namespace mae {

/// Modules of a model, not owned by this view of them.
struct VitEncoder {
  const PatchEmbed& patch_embed;
  const Tensor& cls_token;  ///< [1, 1, D]
  const Tensor& pos_embed;  ///< [1, 1 + L, D]
  const std::vector<std::shared_ptr<TransformerBlock>>& blocks;
  const LayerNorm* norm;  ///< null: tokens stay as the last block gives them
};

/// images [B, C, H, W] -> patch tokens with positions [B, L, D], before masking.
Tensor embed_patches(const VitEncoder& encoder, const Tensor& images);

/// As MaskedModel::encode.
EncoderOutput encode_patches(const VitEncoder& encoder, const Tensor& images,
                             const PatchSelection* selection, const EncodeRequest& request);

}  // namespace mae
