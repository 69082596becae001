// Parameter names decide, as in the published layer-wise decay.
#include "mae/train/trainable_blocks.h"

#include <cmath>
#include <cstdlib>

#include "mae/base/error.h"
#include "mae/base/text.h"

namespace mae {
namespace {

bool is_always_trained(const std::string& name) {
  return starts_with(name, "head.") || starts_with(name, "fc_norm.") || starts_with(name, "norm.");
}

/// Index i of "blocks.i.rest", and the rest; -1 for other names.
int64_t block_index(const std::string& name, std::string* rest) {
  const std::string prefix = "blocks.";
  if (!starts_with(name, prefix)) return -1;
  const size_t dot = name.find('.', prefix.size());
  *rest = name.substr(dot + 1);
  return std::stoll(name.substr(prefix.size(), dot - prefix.size()));
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

void train_last_blocks(VitClassifier& model, double blocks) {
  const int64_t depth = model.options().depth;
  if (blocks > static_cast<double>(depth)) {
    throw UsageError("the model has only " + std::to_string(depth) + " blocks", "--train-blocks");
  }
  const bool all = blocks == kAllBlocks || blocks == static_cast<double>(depth);
  const bool half = blocks == 0.5;
  const int64_t first = depth - static_cast<int64_t>(std::ceil(all ? 0 : blocks));
  for (auto& item : model.named_parameters()) {
    std::string rest;
    const int64_t block = block_index(item.key(), &rest);
    bool learns = all || is_always_trained(item.key());
    if (!learns && block >= first) {
      learns = !half || starts_with(rest, "mlp.") || starts_with(rest, "norm2.");
    }
    item.value().set_requires_grad(learns);
  }
  model.freeze_blocks(all ? 0 : first);
}

}  // namespace mae
