#include "mae/cli/tool_list.h"

namespace mae::cli {

const std::vector<ToolEntry>& tool_list() {
  static const std::vector<ToolEntry> tools = {
      {"patchify", "cut images, videos and captions into patch shards"},
      {"mask", "choose which patches of each sample stay visible"},
      {"pretrain", "train a masked autoencoder"},
      {"encode", "turn images into feature shards with a checkpoint"},
      {"reconstruct", "predict hidden patches and show or measure them"},
      {"probe", "measure features with a linear or k-NN classifier"},
      {"finetune", "train a classifier from a checkpoint"},
      {"convert", "translate checkpoints from and to other formats"},
      {"info", "print what a file is and check that it is whole"},
  };
  return tools;
}

}  // namespace mae::cli
