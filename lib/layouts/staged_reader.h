// What shapes and names say about a model with stages, piece by piece; the files of the papers
// (mixmim_config.h and so on) put the pieces together.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mae/layouts/infer_config.h"

namespace mae {

/// Fills result.config field by field. Sizes outside any model's are refused here already
/// (DataError), fields that nobody says with a UsageError that names the option.
class StagedReader {
 public:
  StagedReader(const std::map<std::string, TensorInfo>& tensors, const OpenedWeights& weights,
               const ImportHints& hints, std::string where);

  bool has(const std::string& name) const { return tensors_.count(name) > 0; }
  bool is_classifier() const { return has("head.weight"); }
  size_t rank(const std::string& name) const;  ///< dimensions of a tensor; 0: there is none
  /// throws DataError  the tensor is missing or has another number of dimensions
  const std::vector<int64_t>& shape(const std::string& name, size_t rank) const;
  /// Blocks PREFIX0., PREFIX1., ... that have a tensor `leaf`.
  int64_t count_blocks(const std::string& prefix, const std::string& leaf) const;
  /// Of the MLP of a block "blocks.3.", whose layers are matrices (rank 2) or convolutions (4).
  double mlp_ratio(const std::string& block, int64_t width, size_t rank = 2) const;
  /// The side of the square window with so many relative positions, table [(2s - 1)^2, heads].
  int64_t window_side(const std::string& table) const;
  /// What `hints` say, or heads of `head_dim`, as every published size of the model has.
  int64_t num_heads(int64_t width, int64_t head_dim);
  /// A training argument saved beside the tensors; null when there is none.
  nlohmann::json argument(const char* name) const;
  const nlohmann::json& arguments() const { return arguments_; }        ///< all of them, or null
  const nlohmann::json& hugging_face() const { return hugging_face_; }  ///< config.json, or null
  const ImportHints& hints() const { return hints_; }

  /// in_chans, and patch_size as `joined` times the kernel of `embedding`.
  void take_patch(const std::string& embedding, int64_t joined = 1);
  /// img_size from a table of positions `pitch` patches apart; without one, what the user or the
  /// paper says.
  void take_picture(const char* table, int64_t pitch);
  /// The decoder's sizes, its width as field `width_field`; 0 where there is none.
  void take_decoder(const char* width_field);
  /// norm_pix_loss of a decoder as the user or the training arguments say, else true.
  void take_norm_pix_loss();
  /// As the user says; training arguments are left out.
  std::optional<bool> said_norm_pix_loss() const { return hints_.norm_pix_loss; }
  /// The kind, and for a classifier classes and drop_path_rate.
  void take_head(const char* model, const char* classifier);
  [[noreturn]] void refuse(const std::string& what, const std::string& tensor) const;
  [[noreturn]] void ask_for_heads(int64_t width, const char* option) const;

  InferredConfig result;

 private:
  const std::map<std::string, TensorInfo>& tensors_;
  const ImportHints& hints_;
  std::string where_;
  nlohmann::json arguments_, hugging_face_;
};

}  // namespace mae
