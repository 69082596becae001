#include "mae/models/hivit_trunk.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/take.h>

#include "mae/nn/branch_scale.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/grid_ops.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

constexpr int64_t kInner = 4;  // cells of a unit's side, halved by each of the two merges

// Cells of units [B, L, u, u, C] -> [B, h * u, w * u, C].
Tensor grid_of_units(const Tensor& x, Size2d grid) {
  const int64_t B = x.size(0), u = x.size(2), C = x.size(4);
  return x
      .reshape({B, grid.height, grid.width, u, u, C})  // [B, h, w, u, u, C]
      .permute({0, 1, 3, 2, 4, 5})                     // [B, h, u, w, u, C]
      .reshape({B, grid.height * u, grid.width * u, C});
}

}  // namespace

HivitTrunk::MlpBlock::MlpBlock(int64_t dim, double mlp_ratio, double layer_norm_eps) {
  const auto hidden = static_cast<int64_t>(static_cast<double>(dim) * mlp_ratio);
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(dim, layer_norm_eps));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(dim, hidden));
}

Tensor HivitTrunk::MlpBlock::forward(const Tensor& x, const Tensor& branch_scale) const {
  return x + scale_branch(mlp_->forward(norm2_->forward(x)), branch_scale, 1);
}

HivitTrunk::HivitTrunk(Module& owner, const HivitOptions& options) : options_(options) {
  const int64_t D = options.embed_dim, cell = options.patch_size.height / kInner;
  const double eps = options.layer_norm_eps;
  // differs from what its comment says: the published table starts as sine-cosine and learns
  pos_embed_ = owner.register_parameter(
      "absolute_pos_embed",
      sincos_pos_embed(D, options.grid(), /*cls_token=*/false).unsqueeze(0).to(at::kFloat));
  if (options.rpe)
    index_ =
        owner.register_buffer("relative_position_index", relative_position_index(options.grid()));
  patch_embed_ = owner.register_module(
      "patch_embed", std::make_shared<ConvEmbed>(options.in_chans, D / 4, Size2d{cell, cell}, eps));
  const auto list = owner.register_module("blocks", std::make_shared<ModuleList>());
  int64_t next = 0;
  const auto add = [&](auto module) {
    return list->register_module(std::to_string(next++), std::move(module));
  };
  const auto add_stem = [&](Stem* stem, int64_t depth, int64_t dim) {
    for (int64_t i = 0; i < 2 * depth; ++i)
      stem->push_back(add(std::make_shared<MlpBlock>(dim, options.stem_mlp_ratio, eps)));
    return add(std::make_shared<PatchMerge>(dim, eps));
  };
  merge1_ = add_stem(&stem1_, options.depths[0], D / 4);
  merge2_ = add_stem(&stem2_, options.depths[1], D / 2);
  BlockOptions block;
  block.dim = D;
  block.num_heads = options.num_heads;
  block.mlp_ratio = options.mlp_ratio;
  block.layer_norm_eps = eps;
  const Size2d window = options.rpe ? options.grid() : Size2d{0, 0};
  for (int64_t i = 0; i < options.depths[2]; ++i)
    main_.push_back(add(std::make_shared<BiasedBlock>(block, window)));
}

HivitFeatures HivitTrunk::run(const Tensor& images, const Tensor& ids_keep, StageWalk& walk) const {
  const int64_t first2 = 2 * options_.depths[0], first3 = first2 + 2 * options_.depths[1];
  HivitFeatures out;
  {
    const at::AutoGradMode mode = walk.autograd(0);
    out.fine = embed(images, ids_keep);  // [R, L_vis, 4, 4, D/4]
  }
  out.fine = run_stem(stem1_, out.fine, 0, walk);
  {
    const at::AutoGradMode mode = walk.autograd(first2);
    out.middle = merge1_->forward(out.fine);  // [R, L_vis, 2, 2, D/2]
  }
  out.middle = run_stem(stem2_, out.middle, first2, walk);
  Tensor x;
  {
    const at::AutoGradMode mode = walk.autograd(first3);
    x = merge2_->forward(out.middle).flatten(/*start_dim=*/2);  // [R, L_vis, D]
    x = x + (ids_keep.defined() ? gather_tokens(pos_embed_.expand({x.size(0), -1, -1}), ids_keep)
                                : pos_embed_);
  }
  const Tensor index = options_.rpe ? index_of(ids_keep) : Tensor();
  for (int64_t i = 0; i < options_.depths[2]; ++i) {
    const at::AutoGradMode mode = walk.autograd(first3 + i);
    x = main_[i]->forward(x, index, walk.branch_scale(first3 + i));
    walk.leave_block(i, x.unsqueeze(/*dim=*/1));
  }
  out.tokens = x;
  if (walk.request.maps) leave_maps(out, walk);
  return out;
}

Tensor HivitTrunk::embed(const Tensor& images, const Tensor& ids_keep) const {
  check_shape("images", images,
              {kAny, options_.in_chans, options_.img_size.height, options_.img_size.width});
  const int64_t B = images.size(0), L = options_.grid().area();
  Tensor units = image_units(images, options_.patch_size).flatten(0, 1);  // [B*L, p, p, C]
  if (ids_keep.defined()) {
    check_shape("ids_keep", ids_keep, {B, kAny});
    const Tensor image = at::arange(B, ids_keep.options()).unsqueeze(1);      // [B, 1]
    units = units.index_select(/*dim=*/0, (image * L + ids_keep).flatten());  // [B*L_vis, p, p, C]
  }
  const Tensor x = patch_embed_->forward(units);  // [B*L_vis, 4, 4, D/4]
  return x.reshape({B, -1, kInner, kInner, x.size(3)});
}

Tensor HivitTrunk::run_stem(const Stem& stem, Tensor x, int64_t first,
                            const StageWalk& walk) const {
  for (const auto& block : stem) {
    const at::AutoGradMode mode = walk.autograd(first);
    x = block->forward(x, walk.branch_scale(first));
    ++first;
  }
  return x;
}

// [L, L], or of the visible units alone [B, L_vis, L_vis].
Tensor HivitTrunk::index_of(const Tensor& ids_keep) const {
  const Tensor index = index_.to(at::kLong);  // Module::to changes buffers of any type
  if (!ids_keep.defined()) return index;
  return at::take(index, ids_keep.unsqueeze(2) * index.size(0) + ids_keep.unsqueeze(1));
}

void HivitTrunk::leave_maps(const HivitFeatures& features, StageWalk& walk) const {
  const Size2d grid = options_.grid();
  const Tensor& x = features.tokens;
  walk.leave_stage(grid_of_units(features.fine, grid));
  walk.leave_stage(grid_of_units(features.middle, grid));
  walk.leave_stage(x.reshape({x.size(0), grid.height, grid.width, x.size(2)}));
  if (options_.map_strides().size() == 4)
    walk.kept.maps.push_back(at::max_pool2d(walk.kept.maps.back(), {2, 2}));
}

int64_t HivitTrunk::block_of(int64_t registered) const {
  const int64_t merge1 = 2 * options_.depths[0], merge2 = merge1 + 1 + 2 * options_.depths[1];
  return registered - (registered >= merge1) - (registered >= merge2);
}

}  // namespace mae
