// Hierarchical models on pictures of another size: every position table has a grid of its own.
#pragma once

#include <string>
#include <vector>

#include "mae/models/model_kind.h"

namespace mae {

/// A frozen or trained table of positions [1, L, D] without a class token.
struct PositionTable {
  const char* name;   ///< of the tensor
  const char* pitch;  ///< field of the configuration: pixels between two of its positions
};

/// Interpolates the tables bicubically where the grid changes; everything else stays.
ResizeRule table_resize_rule(std::vector<PositionTable> tables);

/// Part of it: one table from the configuration `from` to `to`.
void resize_table(const PositionTable& table, const nlohmann::json& from, const nlohmann::json& to,
                  StateDict* tensors);

}  // namespace mae
