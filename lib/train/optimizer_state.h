// Saved optimizer buffers back into the optimizer, with every mismatch named. Private to train.
#pragma once

#include <string>

#include "mae/models/state_dict.h"
#include "mae/train/param_groups.h"

namespace mae {

/// Adds `buffers` (one a parameter, in the order of the groups) as "PREFIX.PARAMETER".
void add_buffers(StateDict& state, const std::string& prefix, const std::vector<ParamGroup>& groups,
                 const std::vector<Tensor>& buffers);

/// The reverse, by copying into `buffers`.
/// throws DataError  a buffer is missing or has another shape
void copy_buffers(const StateDict& state, const std::string& prefix,
                  const std::vector<ParamGroup>& groups, std::vector<Tensor>& buffers,
                  const std::string& where);

/// Zeros like each parameter, in the order of the groups.
std::vector<Tensor> zero_buffers(const std::vector<ParamGroup>& groups);

}  // namespace mae
