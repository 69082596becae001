// Named tensors of a module, in and out, with every mismatch named.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mae/nn/module.h"
#include "mae/ops/tensor.h"

namespace mae {

using StateDict = std::map<std::string, Tensor>;

/// Parameters and buffers under their published names; shares storage with the module.
StateDict state_dict(const Module& module);

/// Copies tensors into the module. Every name must be there with its shape and nothing may be left
/// over, except names with a prefix listed in `may_miss` or `may_remain`. throws DataError listing
/// what is missing, left over or of another shape; `where` names the file
void load_state_dict(Module& module, const StateDict& tensors, const std::string& where,
                     const std::vector<std::string>& may_miss = {},
                     const std::vector<std::string>& may_remain = {});

int64_t parameter_count(const Module& module, bool trainable_only);

}  // namespace mae
