// The decoder all hierarchical models share: lift, one of three assemblies of visible and mask
// tokens, transformer blocks, prediction. Its parameters are registered in the model itself, as
// published ("decoder_embed", "mask_token", "decoder_pos_embed", "decoder_blocks", "decoder_norm",
// "decoder_pred"). The tables hold sine-cosine values and are frozen; no class token.
#pragma once

#include <memory>
#include <vector>

#include "mae/base/size2d.h"
#include "mae/nn/transformer_block.h"

namespace mae {

struct DecoderOptions {
  int64_t latent_dim = 768;     ///< width of the encoder's tokens
  Size2d grid{14, 14};          ///< patches to predict
  int64_t patch_values = 768;   ///< P, numbers in one patch
  BlockOptions block{512, 16};  ///< width, heads, MLP ratio, eps; eps also of decoder_norm
  int64_t depth = 8;
  int64_t pixel_shuffle = 1;  ///< 2: every latent token becomes 2 x 2 tokens (UM-MAE)
};

class MaeDecoder {
 public:
  MaeDecoder(Module& owner, const DecoderOptions& options);

  /// MAE's: [visible; mask tokens] sorted by ids_restore [B, L], plus positions.
  /// latent [B, L_vis, C] -> [B, L, D] in raster order.
  Tensor assemble_unshuffled(const Tensor& latent, const Tensor& ids_restore) const;

  /// UM-MAE's: the lifted tokens [B, L_vis, D], then a mask token for every hidden patch; positions
  /// are the rows ids_visible [B, L_vis] and ids_hidden [B, L_hidden] of the table. Never sorted.
  /// latent [B, h * w / s^2, C] of a grid of latent_grid -> [B, L, D].
  Tensor assemble_appended(const Tensor& latent, Size2d latent_grid, const Tensor& ids_visible,
                           const Tensor& ids_hidden) const;

  /// MixMIM's: once with mask tokens where hidden [1 or B, L] is 1, once where it is 0.
  /// latent [B, L, C] -> [2B, L, D].
  Tensor assemble_dual(const Tensor& latent, const Tensor& hidden) const;

  /// Blocks `first` to `last` - 1 alone: [B, L, D] -> [B, L, D], before decoder_norm.
  Tensor run_blocks(Tensor x, int64_t first, int64_t last) const;
  /// The blocks from `first` on, norm, prediction: [B, L, D] -> [B, L, P].
  Tensor predict(const Tensor& x, int64_t first = 0) const;

 private:
  Tensor lift(const Tensor& latent, Size2d latent_grid) const;  ///< [B, n * s^2, D], raster order
  Tensor mask_tokens(const Tensor& like, int64_t batch, int64_t count) const;

  DecoderOptions options_;
  Tensor mask_token_, pos_embed_;
  std::shared_ptr<Linear> embed_, pred_;
  std::vector<std::shared_ptr<TransformerBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace mae
