// In the published order of operations (spec 1.6): positions before masking, the class token's
// after.
#include "mae/models/vit_encoder.h"

#include <ATen/ops/cat.h>

#include "mae/ops/gather_tokens.h"

namespace mae {

Tensor embed_patches(const VitEncoder& encoder, const Tensor& images) {
  return encoder.patch_embed.forward(images) + encoder.pos_embed.slice(/*dim=*/1, 1);
}

EncoderOutput encode_patches(const VitEncoder& encoder, const Tensor& images,
                             const PatchSelection* selection, const EncodeRequest& request) {
  Tensor x = embed_patches(encoder, images);                 // [B, L, D]
  if (selection) x = gather_tokens(x, selection->ids_keep);  // [B, L_vis, D]
  const Tensor cls = encoder.cls_token + encoder.pos_embed.slice(/*dim=*/1, 0, 1);
  x = at::cat({cls.to(x.scalar_type()).expand({x.size(0), -1, -1}), x},
              /*dim=*/1);  // [B, 1 + L_vis, D]
  EncoderOutput output;
  output.blocks.resize(request.blocks.size());
  const auto depth = static_cast<int64_t>(encoder.blocks.size());
  for (int64_t i = 0; i < depth; ++i) {
    const TransformerBlock& block = *encoder.blocks[static_cast<size_t>(i)];
    if (request.attention && i + 1 == depth) {
      output.attention =
          block.attention_map(x).select(/*dim=*/2, 0).slice(/*dim=*/2, 1);  // [B, N, L_vis]
    }
    x = block.forward(x);
    for (size_t wanted = 0; wanted < request.blocks.size(); ++wanted) {
      if (request.blocks[wanted] == i + 1) output.blocks[wanted] = x;
    }
  }
  output.tokens = encoder.norm ? encoder.norm->forward(x) : x;  // [B, 1 + L_vis, D]
  return output;
}

}  // namespace mae
