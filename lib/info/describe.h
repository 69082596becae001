// What is in a file of ours, as JSON: shapes, types, configuration, counts, who made it. No tensor
// or patch is read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mae {

/// Keys "file", "kind" and what belongs to the kind (see mae-info(1)). A folder of shards has
/// "shards", a list of these. throws DataError  missing, damaged, not ours
nlohmann::ordered_json describe(const std::string& path);

/// One tensor or dataset, as --tensors lists them.
struct TensorRow {
  std::string file, name, type;
  std::vector<int64_t> shape;
};
/// Tensors or datasets of a file, or of all files in a folder. throws DataError
std::vector<TensorRow> list_tensors(const std::string& path);

/// Provenance of a shard or checkpoint, null where there is none; of a run folder, its newest
/// checkpoint's. throws DataError
nlohmann::json provenance_of_file(const std::string& path);

}  // namespace mae
