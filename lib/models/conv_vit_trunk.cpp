// Channel-last throughout: norms, 1 x 1 convolutions and embeddings are then matrix products.
#include "mae/models/conv_vit_trunk.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/max_pool2d.h>

#include "mae/base/error.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/grid_ops.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

std::vector<std::shared_ptr<MaskedConvBlock>> register_convs(Module& owner, const std::string& name,
                                                             const ConvVitOptions& options,
                                                             size_t stage) {
  const auto list = owner.register_module(name, std::make_shared<ModuleList>());
  std::vector<std::shared_ptr<MaskedConvBlock>> blocks;
  for (int64_t i = 0; i < options.depth[stage]; ++i) {
    blocks.push_back(list->register_module(
        std::to_string(i),
        std::make_shared<MaskedConvBlock>(options.embed_dim[stage], options.mlp_ratio[stage],
                                          options.embed_and_conv_layer_norm_eps)));
  }
  return blocks;
}

Tensor embed(const ConvEmbed& layer, const Tensor& x) {
  return at::gelu(layer.forward(x), /*approximate=*/"none");
}

}  // namespace

BlockOptions block_options(int64_t dim, int64_t num_heads, double mlp_ratio, bool qkv_bias,
                           double layer_norm_eps) {
  BlockOptions options;
  options.dim = dim;
  options.num_heads = num_heads;
  options.mlp_ratio = mlp_ratio;
  options.qkv_bias = qkv_bias;
  options.layer_norm_eps = layer_norm_eps;
  return options;
}

ConvVitTrunk::ConvVitTrunk(Module& owner, const ConvVitOptions& options, bool learned_positions)
    : options_(options) {
  const std::vector<int64_t>& dim = options.embed_dim;
  const int64_t side = options.patch_size.height / 4;
  const double eps = options.embed_and_conv_layer_norm_eps;
  pos_embed_ = owner.register_parameter(
      "pos_embed",
      sincos_pos_embed(dim[2], options.grid(), /*cls_token=*/false).unsqueeze(0).to(at::kFloat),
      learned_positions);  // [1, L, D]
  const auto add_embed = [&](const char* name, int64_t in, int64_t out, int64_t patch) {
    return owner.register_module(name,
                                 std::make_shared<ConvEmbed>(in, out, Size2d{patch, patch}, eps));
  };
  embed1_ = add_embed("patch_embed1", options.in_chans, dim[0], side);
  embed2_ = add_embed("patch_embed2", dim[0], dim[1], 2);
  embed3_ = add_embed("patch_embed3", dim[1], dim[2], 2);
  embed4_ = owner.register_module("patch_embed4", std::make_shared<Linear>(dim[2], dim[2]));
  blocks1_ = register_convs(owner, "blocks1", options, 0);
  blocks2_ = register_convs(owner, "blocks2", options, 1);
  blocks3_ = register_blocks(owner, "blocks3", options.depth[2],
                             block_options(dim[2], options.num_heads, options.mlp_ratio[2],
                                           options.qkv_bias, options.layer_norm_eps));
}

ConvVitStages ConvVitTrunk::stages(const Tensor& images, const StageWalk& walk) const {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  ConvVitStages stages = run_stages(images.permute({0, 2, 3, 1}), walk, nullptr, nullptr);
  stages.tokens = stages.tokens.flatten(/*start_dim=*/1, /*end_dim=*/2);  // [B, L, D]
  const at::AutoGradMode mode = walk.autograd(options_.depth[0] + options_.depth[1]);
  stages.tokens = stages.tokens + pos_embed_;
  return stages;
}

ConvVitStages ConvVitTrunk::visible_stages(const Tensor& images, const Tensor& ids_keep) const {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  const int64_t B = images.size(0), L = options_.grid().area();
  const int64_t R = ids_keep.size(0), L_vis = ids_keep.size(1);
  if (R % B != 0) check_shape("ids_keep", ids_keep, {B, kAny});
  const Tensor image = at::arange(R, ids_keep.options()).remainder(B).unsqueeze(1);  // [R, 1]
  const Tensor units = image_units(images, options_.patch_size).flatten(0, 1);  // [B*L, p, p, C]
  const Tensor pixels =
      units.index_select(/*dim=*/0, (image * L + ids_keep).flatten());  // [R*L_vis, p, p, C]
  const VisibleCells visible1(ids_keep, options_.grid(), {4, 4});
  const VisibleCells visible2(ids_keep, options_.grid(), {2, 2});
  ConvVitStages stages = run_stages(pixels, {}, &visible1, &visible2);
  stages.tokens = stages.tokens.reshape({R, L_vis, -1}) +
                  gather_tokens(pos_embed_.expand({R, -1, -1}), ids_keep);  // [R, L_vis, D]
  return stages;
}

ConvVitStages ConvVitTrunk::run_stages(const Tensor& pixels, const StageWalk& walk,
                                       const VisibleCells* visible1,
                                       const VisibleCells* visible2) const {
  const int64_t first2 = options_.depth[0], first3 = first2 + options_.depth[1];
  ConvVitStages out;
  {
    const at::AutoGradMode mode = walk.autograd(0);
    out.stage1 = embed(*embed1_, pixels);
  }
  out.stage1 = run_convs(blocks1_, out.stage1, 0, walk, visible1);
  {
    const at::AutoGradMode mode = walk.autograd(first2);
    out.stage2 = embed(*embed2_, out.stage1);
  }
  out.stage2 = run_convs(blocks2_, out.stage2, first2, walk, visible2);
  const at::AutoGradMode mode = walk.autograd(first3);
  out.tokens = embed4_->forward(embed(*embed3_, out.stage2));  // [N, h, w, D]
  return out;
}

Tensor ConvVitTrunk::run_convs(const ConvBlocks& blocks, Tensor x, int64_t first,
                               const StageWalk& walk, const VisibleCells* visible) const {
  for (const auto& block : blocks) {
    const at::AutoGradMode mode = walk.autograd(first);
    x = block->forward(x, visible, walk.branch_scale(first));
    ++first;
  }
  return x;
}

Tensor ConvVitTrunk::run_stage3(Tensor x, StageWalk& walk) const {
  const int64_t first = options_.depth[0] + options_.depth[1];
  for (int64_t i = 0; i < options_.depth[2]; ++i) {
    const at::AutoGradMode mode = walk.autograd(first + i);
    x = blocks3_[i]->forward(x, walk.branch_scale(first + i));
    walk.leave_block(i, x.unsqueeze(/*dim=*/1));
  }
  return x;
}

void ConvVitTrunk::leave_maps(const ConvVitStages& stages, const Tensor& x, StageWalk& walk) const {
  if (!walk.request.maps) return;
  const Size2d grid = options_.grid();
  const Tensor last = x.reshape({x.size(0), grid.height, grid.width, x.size(2)});
  for (const Tensor& stage : {stages.stage1, stages.stage2, last}) walk.leave_stage(stage);
  if (options_.map_strides().size() == 4)
    walk.kept.maps.push_back(at::max_pool2d(walk.kept.maps.back(), {2, 2}));
}

}  // namespace mae
