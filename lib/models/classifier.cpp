// The rules of the plain vision transformer, which other models replace where theirs differ.
#include "mae/models/classifier.h"

#include "mae/base/text.h"

namespace mae {

BlockPart Classifier::block_part(const std::string& name) const {
  const std::string prefix = "blocks.";
  if (!starts_with(name, prefix)) return {};
  const size_t dot = name.find('.', prefix.size());
  return {std::stoll(name.substr(prefix.size(), dot - prefix.size())), name.substr(dot + 1)};
}

int64_t Classifier::layer_id(const std::string& name) const {
  if (name == "cls_token" || name == "pos_embed" || starts_with(name, "patch_embed.")) return 0;
  const int64_t block = block_part(name).block;
  return block >= 0 ? block + 1 : num_layers() - 1;
}

bool Classifier::is_undecayed(const std::string& name) const {
  return name == "cls_token" || name == "pos_embed";
}

}  // namespace mae
