#include "mae/nn/mae_decoder.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/pixel_shuffle.h>

#include "mae/ops/gather_tokens.h"
#include "mae/ops/pos_embed.h"

namespace mae {

MaeDecoder::MaeDecoder(Module& owner, const DecoderOptions& options)
    : options_(options) {
  const int64_t D = options.block.dim, s = options.pixel_shuffle;
  mask_token_ = owner.register_parameter("mask_token", at::empty({1, 1, D}));
  pos_embed_ = owner.register_parameter(
      "decoder_pos_embed",
      sincos_pos_embed(D, options.grid, /*cls_token=*/false).unsqueeze(0).to(at::kFloat),
      /*requires_grad=*/false);  // [1, L, D]
  embed_ = owner.register_module("decoder_embed",
                                 std::make_shared<Linear>(options.latent_dim, s * s * D));
  blocks_ = register_blocks(owner, "decoder_blocks", options.depth, options.block);
  norm_ = owner.register_module("decoder_norm",
                                std::make_shared<LayerNorm>(D, options.block.layer_norm_eps));
  pred_ = owner.register_module("decoder_pred", std::make_shared<Linear>(D, options.patch_values));
}

Tensor MaeDecoder::mask_tokens(const Tensor& like, int64_t batch, int64_t count) const {
  return mask_token_.to(like.scalar_type()).expand({batch, count, -1});
}

Tensor MaeDecoder::assemble_unshuffled(const Tensor& latent, const Tensor& ids_restore) const {
  const Tensor visible = embed_->forward(latent);  // [B, L_vis, D]
  const int64_t B = visible.size(0), hidden = ids_restore.size(1) - visible.size(1);
  const Tensor all = at::cat({visible, mask_tokens(visible, B, hidden)}, /*dim=*/1);  // [B, L, D]
  return gather_tokens(all, ids_restore) + pos_embed_;  // [B, L, D], raster order
}

Tensor MaeDecoder::lift(const Tensor& latent, Size2d latent_grid) const {
  const Tensor x = embed_->forward(latent);  // [B, n, s*s*D]
  if (options_.pixel_shuffle == 1) return x;
  const Tensor map = x.transpose(1, 2).reshape(
      {x.size(0), x.size(2), latent_grid.height, latent_grid.width});  // [B, s*s*D, h, w]
  return at::pixel_shuffle(map, options_.pixel_shuffle)                // [B, D, s*h, s*w]
      .flatten(/*start_dim=*/2)
      .transpose(1, 2);  // [B, n*s*s, D]
}

Tensor MaeDecoder::assemble_appended(const Tensor& latent, Size2d latent_grid,
                                     const Tensor& ids_visible, const Tensor& ids_hidden) const {
  const Tensor visible = lift(latent, latent_grid);  // [B, L_vis, D]
  const int64_t B = visible.size(0);
  const Tensor positions = pos_embed_.expand({B, -1, -1});
  return at::cat(
      {visible + gather_tokens(positions, ids_visible),
       mask_tokens(visible, B, ids_hidden.size(1)) + gather_tokens(positions, ids_hidden)},
      /*dim=*/1);  // [B, L, D]
}

Tensor MaeDecoder::assemble_dual(const Tensor& latent, const Tensor& hidden) const {
  const Tensor x = embed_->forward(latent);                          // [B, L, D]
  const Tensor m = hidden.to(x.scalar_type()).unsqueeze(/*dim=*/2);  // [1 or B, L, 1]
  const Tensor token = mask_token_.to(x.scalar_type());
  const Tensor first = x * (1 - m) + token * m, second = x * m + token * (1 - m);
  return at::cat({first, second}, /*dim=*/0) + pos_embed_;  // [2B, L, D]
}

Tensor MaeDecoder::run_blocks(Tensor x, int64_t first, int64_t last) const {
  for (int64_t i = first; i < last; ++i) x = blocks_[i]->forward(x);
  return x;
}

Tensor MaeDecoder::predict(const Tensor& x, int64_t first) const {
  return pred_->forward(norm_->forward(run_blocks(x, first, options_.depth)));  // [B, L, P]
}

}  // namespace mae
