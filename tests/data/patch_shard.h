// Patch shards of given pictures, written for tests.
#pragma once

#include <string>
#include <vector>

#include "mae/io/shard_writer.h"
#include "mae/media/image.h"

namespace mae::test {

struct PatchShard {
  Size2d grid{2, 3}, patch_size{4, 2};
  int64_t channels = 3;
  int bit_depth = 8;
  std::vector<double> mean{0.1, 0.2, 0.3}, std{0.5, 0.6, 0.7};
  std::vector<std::string> class_names{"cat", "dog"};
  std::string prefix = "s";
};

/// Pixel (y, x, c) of sample i, so that every position differs from its neighbours.
inline int pixel_value(int64_t i, int64_t y, int64_t x, int64_t c, int bit_depth) {
  const auto value = 31 * i + 17 * y + 5 * x + 101 * c + 3;
  return static_cast<int>(bit_depth == 16 ? (value * 251) % 65536 : value % 256);
}

/// One patch row of sample i, written out by its definition: patch in raster order, inside it (row,
/// column, channel).
template <typename Sample>
std::vector<Sample> patch_row(const PatchShard& shard, int64_t i) {
  std::vector<Sample> row;
  for (int64_t patch = 0; patch < shard.grid.area(); ++patch)
    for (int64_t y = 0; y < shard.patch_size.height; ++y)
      for (int64_t x = 0; x < shard.patch_size.width; ++x)
        for (int64_t c = 0; c < shard.channels; ++c)
          row.push_back(static_cast<Sample>(pixel_value(
              i, patch / shard.grid.width * shard.patch_size.height + y,
              patch % shard.grid.width * shard.patch_size.width + x, c, shard.bit_depth)));
  return row;
}

/// Samples first, first + 1, ... with labels i % 2 and names PREFIX/i.
inline void write_patch_shard(const std::string& path, int64_t first, int64_t count,
                              const PatchShard& shard = {}) {
  DatasetSpec patches, labels, names;
  patches.name = "patches";
  patches.type = shard.bit_depth == 16 ? ElementType::kUint16 : ElementType::kUint8;
  patches.sample_shape = {shard.grid.area(), shard.patch_size.area() * shard.channels};
  patches.dimensions = {"patch", "value"};
  patches.attributes = {{"patch_size", {shard.patch_size.height, shard.patch_size.width}},
                        {"grid", {shard.grid.height, shard.grid.width}},
                        {"channels", shard.channels},
                        {"mean", shard.mean},
                        {"std", shard.std}};
  labels.name = "labels";
  labels.type = ElementType::kInt64;
  names.name = "names";
  names.is_text = true;
  ShardWriter writer(path, count, {patches, labels, names});
  for (int64_t i = first; i < first + count; ++i) {
    if (shard.bit_depth == 16)
      writer.append("patches", patch_row<uint16_t>(shard, i).data(), 1);
    else
      writer.append("patches", patch_row<uint8_t>(shard, i).data(), 1);
    const int64_t label = i % 2;
    writer.append("labels", &label, 1);
    writer.append_text("names", {shard.prefix + "/" + std::to_string(i)});
  }
  if (!shard.class_names.empty()) writer.write_text("class_names", shard.class_names);
  Provenance provenance;
  provenance.program = "mae-patchify";
  writer.commit(provenance);
}

}  // namespace mae::test
