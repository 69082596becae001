// What models have in common by default.
#include "mae/models/masked_model.h"

#include "mae/base/error.h"

namespace mae {

const char* pool_name(Pool pool) { return pool == Pool::kCls ? "cls" : "mean"; }

Tensor pool_tokens(const Tensor& tokens, Pool pool, int64_t num_prefix_tokens) {
  if (pool == Pool::kMean) return tokens.slice(/*dim=*/1, num_prefix_tokens).mean(/*dim=*/1);
  if (num_prefix_tokens == 0) {
    throw UsageError("the model has no class token", "--pool", "use --pool mean");
  }
  return tokens.select(/*dim=*/1, 0);
}

Tensor MaskedModel::loss_of_patches(const MaskedPatches& /*patches*/,
                                    const PatchSelection& /*selection*/,
                                    const Tensor& /*ids_hidden*/) {
  throw UsageError("this model does not read patches");
}

PretrainOutput MaskedModel::forward_with_text(const Tensor&, const PatchSelection&,
                                              const TextInput&, const TextInput&) {
  throw UsageError("this model takes no text", "", "models of pictures and text begin with m3ae-");
}

void MaskedModel::check_masking(MaskStrategy strategy) const {
  if (strategy != MaskStrategy::kComplementary) return;
  throw UsageError("complementary masks are several a picture, which this model does not take",
                   "--strategy", "they are for fast-conv-mae-base");
}

}  // namespace mae
