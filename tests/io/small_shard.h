// A shard of a few kilobytes with every kind of dataset, for tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "../base/temporary_folder.h"
#include "mae/io/shard_writer.h"

namespace mae {

inline std::vector<uint8_t> small_patches(int64_t rows) {
  std::vector<uint8_t> values(static_cast<size_t>(rows) * 4 * 12);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(i * 37 >> 2);
  return values;
}

inline std::vector<DatasetSpec> small_datasets() {
  DatasetSpec patches;
  patches.name = "patches";
  patches.sample_shape = {4, 12};
  patches.dimensions = {"patch", "value"};
  patches.attributes = {
      {"patch_size", {2, 2}}, {"channels", 3}, {"mean", {0.5, 0.25, 0.125}}, {"resize", "bicubic"}};
  DatasetSpec labels;
  labels.name = "labels";
  labels.type = ElementType::kInt64;
  DatasetSpec names;
  names.name = "names";
  names.is_text = true;
  return {patches, labels, names};
}

/// Writes `rows` samples after announcing `announced`, `at_once` rows a call.
inline void write_small_shard(const std::string& path, int64_t rows = 5, int64_t announced = -1,
                              int64_t at_once = 2) {
  ShardWriter writer(path, announced < 0 ? rows : announced, small_datasets());
  const std::vector<uint8_t> patches = small_patches(rows);
  for (int64_t first = 0; first < rows; first += at_once) {
    const int64_t count = std::min(at_once, rows - first);
    writer.append("patches", patches.data() + first * 48, count);
    for (int64_t i = first; i < first + count; ++i) {
      const int64_t label = i % 2 == 0 ? i : -1;
      writer.append("labels", &label, 1);
      writer.append_text("names", {"class" + std::to_string(i % 2) + "/" +
                                   std::string(static_cast<size_t>(i), 'n') + ".png"});
    }
  }
  writer.write_text("class_names", {"class0", "Zürich"});
  Provenance provenance;
  provenance.program = "mae-patchify";
  provenance.version = "0.1.0";
  provenance.seed = 7;
  writer.commit(provenance);
}

}  // namespace mae
