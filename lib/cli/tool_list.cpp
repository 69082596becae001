// Summaries are those of each tool's own help and man page; tests/cli compares them with the page.
#include "mae/cli/tool_list.h"

namespace mae::cli {

const std::vector<ToolEntry>& tool_list() {
  static const std::vector<ToolEntry> tools = {
      {"patchify", "turn pictures into patch shards"},
      {"mask", "choose which patches of each sample are hidden"},
      {"codebook", "fit a basis or a codebook of patches to predict"},
      {"pretrain", "train a masked autoencoder"},
      {"encode", "compute features with a pretrained encoder"},
      {"reconstruct", "predict hidden patches and show them"},
      {"probe", "measure frozen features by a linear layer or k-NN"},
      {"finetune", "train a classifier on a pretrained encoder"},
      {"convert", "translate checkpoints from and to other formats"},
      {"info", "print what a file is and check that it is whole"},
  };
  return tools;
}

}  // namespace mae::cli
