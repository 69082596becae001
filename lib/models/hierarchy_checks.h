// Checks that the options of hierarchical models share. Numbers may come from a stranger's file.
#pragma once

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "mae/base/size2d.h"
#include "mae/models/option_checks.h"

namespace mae {

inline void check_picture(Size2d img_size, Size2d patch_size, int64_t in_chans) {
  check_range("img_size height", img_size.height, 1, 65536);
  check_range("img_size width", img_size.width, 1, 65536);
  check_range("patch_size height", patch_size.height, 1, 65536);
  check_range("patch_size width", patch_size.width, 1, 65536);
  check_divides("img_size height", img_size.height, "patch_size height", patch_size.height);
  check_divides("img_size width", img_size.width, "patch_size width", patch_size.width);
  check_range("patches of an image",
              img_size.height / patch_size.height * (img_size.width / patch_size.width), 1,
              int64_t{1} << 20);
  check_range("in_chans", in_chans, 1, 4096);
}

/// A list with one entry a stage.
inline void check_stages(const std::string& field, size_t entries, int64_t stages) {
  if (static_cast<int64_t>(entries) == stages) return;
  throw UsageError(field + " has " + std::to_string(entries) + " entries; expected " +
                   std::to_string(stages) + ", one a stage");
}

/// A stage's width, depth and heads.
inline void check_stage(int64_t dim, int64_t depth, int64_t num_heads) {
  check_range("the width of a stage", dim, 4, 65536);
  check_range("the depth of a stage", depth, 1, 1024);
  check_range("num_heads", num_heads, 1, 1024);
  check_divides("the width of a stage", dim, "num_heads", num_heads);
}

/// Every stage but the first joins 2 x 2 cells.
inline void check_halvings(Size2d cells, int64_t stages) {
  const int64_t joined = int64_t{1} << (stages - 1);
  check_divides("the first stage's height of " + std::to_string(cells.height) + " cells,",
                cells.height, "the last stage's cell of", joined);
  check_divides("the first stage's width of " + std::to_string(cells.width) + " cells,",
                cells.width, "the last stage's cell of", joined);
}

/// A side of the grid is one window, or cut into whole ones.
inline void check_window(Size2d grid, int64_t window_size) {
  check_range("window_size", window_size, 1, 4096);
  for (const int64_t side : {grid.height, grid.width})
    if (side > window_size) check_divides("a stage's grid side", side, "window_size", window_size);
}

inline void check_decoder(int64_t embed_dim, int64_t depth, int64_t num_heads) {
  check_range("the decoder's width", embed_dim, 4, 65536);
  check_range("decoder_depth", depth, 0, 1024);
  check_range("decoder_num_heads", num_heads, 1, 1024);
  check_divides("the decoder's width", embed_dim, "decoder_num_heads", num_heads);
  check_divides("the decoder's width", embed_dim, "the position table's factor", 4);
}

inline int64_t sum_of(const std::vector<int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), int64_t{0});
}

}  // namespace mae
