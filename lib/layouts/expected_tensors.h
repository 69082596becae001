// The tensors a configuration of ours asks for, by official name: what a file must hold.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mae {

/// `config` as in a checkpoint ("model": "mae" or "vit_classifier"), complete.
/// throws DataError naming `where` when a size is not positive or too large to be a model's
std::map<std::string, std::vector<int64_t>> expected_tensors(const nlohmann::json& config,
                                                             const std::string& where);

/// Whether an official name belongs to the decoder: the mask tokens, decoder_embed, its blocks, a
/// target's basis or codebook, ...
bool is_decoder_tensor(const std::string& name);

}  // namespace mae
