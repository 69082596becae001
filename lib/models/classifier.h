// What every classifier offers training and evaluation, so that a new paper is a new file and no
// branch elsewhere.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "mae/base/size2d.h"
#include "mae/nn/module.h"
#include "mae/ops/tensor.h"

namespace mae {

/// Where a parameter stands: "blocks.3.mlp.fc1.weight" is "mlp.fc1.weight" of block 3.
struct BlockPart {
  int64_t block = -1;  ///< counted from 0 over all stages; -1: of no block
  std::string rest;    ///< the name inside the block
};

class Classifier : public Module {
 public:
  /// images [B, C, H, W] or clips [B, C, T, H, W] -> logits [B, num_classes].
  /// drop_path_uniform  defined while training: [depth, 2, B] uniform numbers; a branch stays when
  /// its number is < 1 - rate
  virtual Tensor forward(const Tensor& images, const Tensor& drop_path_uniform = {}) = 0;
  /// What the head sees: [B, D].
  virtual Tensor forward_features(const Tensor& images, const Tensor& drop_path_uniform = {}) = 0;
  /// The embedding and the first `count` blocks run without autograd (partial fine-tuning).
  /// throws UsageError  more than there are
  virtual void freeze_blocks(int64_t count) = 0;
  /// Fresh weights as published, each parameter from the stream (seed, "init", 0, its name).
  virtual void initialize(uint64_t seed) = 0;
  /// Everything needed to build it again; "model" names the architecture ("vit_classifier").
  virtual nlohmann::json config() const = 0;

  virtual Size2d img_size() const = 0;
  virtual int64_t in_chans() const = 0;
  virtual int64_t num_frames() const { return 1; }  ///< of a clip; 1: it takes pictures
  virtual int64_t num_classes() const = 0;
  virtual int64_t depth() const = 0;  ///< blocks of all stages
  virtual double drop_path_rate() const = 0;

  /// By default names begin with "blocks.N.".
  virtual BlockPart block_part(const std::string& name) const;
  /// Layer-wise learning-rate decay: the embedding is layer 0, the head the last. By default every
  /// block is a layer (MAE, appendix A.1; spec 3.3).
  virtual int64_t num_layers() const { return depth() + 2; }
  /// By default 0 for cls_token, pos_embed and patch_embed, i + 1 for block i, the last for the
  /// rest.
  virtual int64_t layer_id(const std::string& name) const;
  /// Parameters that never decay besides those of one dimension; cls_token and pos_embed by
  /// default.
  virtual bool is_undecayed(const std::string& name) const;
};

}  // namespace mae
