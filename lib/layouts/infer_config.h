// A model's configuration from the shapes of its tensors, from what was saved beside them, and from
// what the user says.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mae/base/size2d.h"
#include "mae/layouts/tensor_source.h"

namespace mae {

/// What a file may leave open. 0 and empty: not said.
struct ImportHints {
  std::string key;  ///< dictionary of a `.pth` that holds the tensors
  int64_t num_heads = 0, decoder_num_heads = 0;
  Size2d image_size{};  ///< needed for grids that are not square
  std::optional<bool> norm_pix_loss;
  std::vector<double> mean, std;  ///< of the pixels the model was trained on, one a channel
  std::vector<std::string> allow_missing, allow_extra;  ///< prefixes of names
};

struct InferredConfig {
  nlohmann::json config, preprocessing;  ///< as in our checkpoints
  std::vector<std::string> notes;        ///< what was taken from tables of published sizes
  std::vector<std::string> assumptions;  ///< what nobody said, and what was taken instead
};

/// `tensors` under official names. The published sizes decide the heads where nothing else does:
/// embed_dim and depth of ViT-Ti, S, B, L and H, the decoder of width 512 and depth 8.
/// throws DataError   shapes that no model of ours has, or that `weights`' own words contradict
///        UsageError  something that neither file nor tables say (heads, a grid that is not square,
///        mean and std of other than three channels), naming the option
InferredConfig infer_config(const std::map<std::string, TensorInfo>& tensors,
                            const OpenedWeights& weights, const ImportHints& hints,
                            const std::string& where);

/// Its part for models whose configuration comes from elsewhere: "img_size" and "in_chans" of
/// `config`, and mean and std from the file, `hints`, or ImageNet's for three channels.
/// throws UsageError  as infer_config
nlohmann::json infer_preprocessing(const OpenedWeights& weights, const ImportHints& hints,
                                   const nlohmann::json& config, const std::string& where);

}  // namespace mae
