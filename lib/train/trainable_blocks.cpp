// Parameter names decide, as in the published layer-wise decay.
#include "mae/train/trainable_blocks.h"

#include <cmath>
#include <cstdlib>

#include "mae/base/error.h"
#include "mae/base/text.h"

namespace mae {
namespace {

/// The head and the norm before it.
bool is_always_trained(const Classifier& model, const std::string& name) {
  return model.block_part(name).block < 0 && model.layer_id(name) == model.num_layers() - 1;
}

}  // namespace

double parse_train_blocks(const std::string& text) {
  if (text == "all") return kAllBlocks;
  char* end = nullptr;
  const double blocks = std::strtod(text.c_str(), &end);
  const bool is_number = !text.empty() && *end == '\0' && std::isfinite(blocks) && blocks >= 0;
  if (!is_number || (blocks != std::floor(blocks) && blocks != 0.5)) {
    throw UsageError("expected all, 0, 0.5 or a number of blocks, got '" + text + "'",
                     "--train-blocks");
  }
  return blocks;
}

void train_last_blocks(Classifier& model, double blocks) {
  const int64_t depth = model.depth();
  if (blocks > static_cast<double>(depth)) {
    throw UsageError("the model has only " + std::to_string(depth) + " blocks", "--train-blocks");
  }
  const bool all = blocks == kAllBlocks || blocks == static_cast<double>(depth);
  const bool half = blocks == 0.5;
  const int64_t first = depth - static_cast<int64_t>(std::ceil(all ? 0 : blocks));
  for (auto& item : model.named_parameters()) {
    const BlockPart part = model.block_part(item.key());
    bool learns = all || is_always_trained(model, item.key());
    if (!learns && part.block >= first) {
      learns = !half || starts_with(part.rest, "mlp.") || starts_with(part.rest, "norm2.");
    }
    item.value().set_requires_grad(learns);
  }
  model.freeze_blocks(all ? 0 : first);
}

}  // namespace mae
