// In the published order of operations (spec 1.6): positions before masking, the class token's
// after.
#include "mae/models/vit_encoder.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>

#include "mae/nn/wanted_blocks.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

int64_t prefix_of(const VitEncoder& encoder) { return encoder.cls_token.defined() ? 1 : 0; }

Tensor add_positions(const VitEncoder& encoder, const Tensor& patches) {
  return patches + encoder.pos_embed.slice(/*dim=*/1, prefix_of(encoder));  // [B, L, D]
}

Tensor enter(const VitEncoder& encoder, const Tensor& images, const PatchSelection* selection) {
  if (!selection) return embed_patches(encoder, images);  // [B, L, D]
  if (!encoder.mask_token)
    return gather_tokens(embed_patches(encoder, images), selection->ids_keep);  // [B, L_vis, D]
  const Tensor patches = encoder.patch_embed.forward(images);
  const Tensor hidden = selection->mask.ne(0).unsqueeze(-1);  // [B, L, 1]
  return add_positions(encoder,
                       at::where(hidden, encoder.mask_token->to(patches.scalar_type()), patches));
}

}  // namespace

Tensor vit_pos_embed(const VitOptions& options, int64_t width) {
  const Tensor table = options.pos_embed == PosEmbed::kSincos1d
                           ? sincos_pos_embed_1d(width, options.grid().area(), options.class_token)
                           : sincos_pos_embed(width, options.grid(), options.class_token);
  return table.unsqueeze(0).to(at::kFloat);  // [1, T + L, width]
}

BlockOptions vit_block_options(const VitOptions& o) {
  return {o.embed_dim, o.num_heads, o.mlp_ratio, o.qkv_bias, o.layer_norm_eps, o.key_bias};
}

Tensor embed_patches(const VitEncoder& encoder, const Tensor& images) {
  return add_positions(encoder, encoder.patch_embed.forward(images));
}

Tensor embed_visible(const VitEncoder& encoder, const Tensor& visible, const Tensor& ids_keep) {
  const Tensor positions =
      encoder.pos_embed.select(/*dim=*/0, 0).slice(/*dim=*/0, prefix_of(encoder));
  const Tensor tokens = encoder.patch_embed.project(visible);  // [B, L_vis, D]
  return tokens + positions.index_select(/*dim=*/0, ids_keep.flatten()).view_as(tokens);
}

EncoderOutput encode_patches(const VitEncoder& encoder, const Tensor& images,
                             const PatchSelection* selection, const EncodeRequest& request) {
  return encode_tokens(encoder, enter(encoder, images, selection), request);
}

EncoderOutput encode_tokens(const VitEncoder& encoder, const Tensor& tokens,
                            const EncodeRequest& request) {
  Tensor x = tokens;
  if (encoder.cls_token.defined()) {
    const Tensor cls = encoder.cls_token + encoder.pos_embed.slice(/*dim=*/1, 0, 1);
    x = at::cat({cls.to(x.scalar_type()).expand({x.size(0), -1, -1}), x},
                /*dim=*/1);  // [B, 1 + L_vis, D]
  }
  EncoderOutput output;
  const auto depth = static_cast<int64_t>(encoder.blocks.size());
  for (int64_t i = 0; i < depth; ++i) {
    const TransformerBlock& block = *encoder.blocks[static_cast<size_t>(i)];
    if (request.attention && i + 1 == depth) {
      output.attention =
          block.attention_map(x).select(/*dim=*/2, 0).slice(/*dim=*/2, 1);  // [B, N, L_vis]
    }
    x = block.forward(x);
    keep_wanted(request.blocks, i + 1, x, &output.blocks);
  }
  output.tokens = encoder.norm ? encoder.norm->forward(x) : x;  // [B, T + L_vis, D]
  return output;
}

EncoderOutput visible_only(const EncoderOutput& all, const PatchSelection& selection,
                           int64_t num_prefix_tokens) {
  const int64_t T = num_prefix_tokens;
  const auto visible = [&](const Tensor& tokens) {
    return at::cat({tokens.slice(/*dim=*/1, 0, T),
                    gather_tokens(tokens.slice(/*dim=*/1, T), selection.ids_keep)},
                   /*dim=*/1);  // [B, T + L_vis, D]
  };
  EncoderOutput output = all;
  output.tokens = visible(all.tokens);
  for (Tensor& block : output.blocks) block = visible(block);
  if (all.attention.defined()) {
    output.attention = gather_tokens(all.attention.transpose(1, 2), selection.ids_keep)
                           .transpose(1, 2);  // [B, N, L_vis]
  }
  return output;
}

}  // namespace mae
