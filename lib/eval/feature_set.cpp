// Reads features row block by row block straight into one tensor.
#include "mae/eval/feature_set.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

constexpr int64_t kRowsAtOnce = 4096;

void read_feature_rows(const ShardReader& shard, Tensor out) {
  const DatasetInfo& info = shard.info("features");
  if (info.type != ElementType::kFloat32 || info.shape.size() != 2) {
    throw DataError(
        "expected N x D float32, got " + shape_text(info.shape) + " " + element_name(info.type),
        shard.path() + ":/features");
  }
  for (int64_t first = 0; first < out.size(0); first += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, out.size(0) - first);
    shard.read("features", first, rows, out.data_ptr<float>() + first * out.size(1));
  }
}

template <typename Pixel>
void read_pixel_rows(const ShardReader& shard, float scale, Tensor out) {
  float* value = out.data_ptr<float>();
  for (int64_t first = 0; first < out.size(0); first += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, out.size(0) - first);
    for (const Pixel pixel : shard.read<Pixel>("patches", first, rows)) {
      *value++ = static_cast<float>(pixel) * scale;
    }
  }
}

void read_rows(const ShardReader& shard, const Tensor& out) {
  if (shard.has("features")) return read_feature_rows(shard, out);
  const ElementType type = shard.info("patches").type;
  if (type == ElementType::kUint8) return read_pixel_rows<uint8_t>(shard, 1.0F / 255, out);
  if (type == ElementType::kUint16) return read_pixel_rows<uint16_t>(shard, 1.0F / 65535, out);
  throw DataError("expected uint8 or uint16, got " + element_name(type),
                  shard.path() + ":/patches");
}

void check_finite(const Tensor& features, const std::string& path,
                  const std::vector<std::string>& names) {
  const Tensor bad = features.isfinite().all(/*dim=*/1).logical_not();  // [N]
  if (!bad.any().item<bool>()) return;
  const auto row = bad.nonzero()[0][0].item<int64_t>();
  throw NumericError("a feature of sample " + printable(names[static_cast<size_t>(row)]) +
                         " (row " + std::to_string(row) + ") is not finite",
                     path + ":/features",
                     "look at the checkpoint with mae-info; encode in float32");
}

/// One shard's samples. `rows` of them are wanted.
FeatureSet read_shard(const ShardReader& shard, int64_t rows, bool wants_features) {
  if (!shard.has("labels")) {
    throw DataError("the samples have no labels", shard.path(),
                    "make the patch shard from class folders or a table with a label column");
  }
  const DatasetInfo& info = shard.info(wants_features ? "features" : "patches");
  FeatureSet set;
  set.features = at::empty({rows, info.row_elements()}, at::kFloat);
  read_rows(shard, set.features);
  std::vector<int64_t> labels = shard.read<int64_t>("labels", 0, rows);
  set.labels = at::from_blob(labels.data(), {rows}, at::kLong).clone();
  if (shard.has("names")) set.names = shard.read_text("names");
  for (auto row = static_cast<int64_t>(set.names.size()); row < rows; ++row) {
    set.names.push_back(shard.path() + "#" + std::to_string(row));
  }
  set.names.resize(static_cast<size_t>(rows));
  if (shard.has("class_names")) set.class_names = shard.read_text("class_names");
  check_finite(set.features, shard.path(), set.names);
  return set;
}

void check_same_classes(const std::vector<std::string>& first, const std::vector<std::string>& next,
                        const std::string& where) {
  if (first.empty() || next.empty() || first == next) return;
  const auto differ = std::mismatch(first.begin(), first.end(), next.begin(), next.end());
  const auto name = [](auto at, auto end) { return at == end ? "nothing" : printable(*at); };
  throw DataError("class " + std::to_string(differ.first - first.begin()) + " is \"" +
                      name(differ.second, next.end()) + "\" here but \"" +
                      name(differ.first, first.end()) + "\" before",
                  where, "make all shards from folders with the same classes");
}

}  // namespace

FeatureSet read_features(const std::vector<std::string>& operands, int64_t limit) {
  FeatureSet all;
  std::vector<Tensor> features, labels;
  int64_t left = limit > 0 ? limit : INT64_MAX;
  bool wants_features = false;
  for (const std::string& path : expand_shards(operands)) {
    const ShardReader shard(path);
    if (features.empty()) wants_features = shard.has("features");
    const FeatureSet set = read_shard(shard, std::min(left, shard.samples()), wants_features);
    if (!features.empty() && features.front().size(1) != set.features.size(1)) {
      throw DataError("features have " + std::to_string(set.features.size(1)) +
                          " values; expected " + std::to_string(features.front().size(1)) +
                          " as in " + all.inputs.front().name,
                      shard.path(), "give shards written with one model and the same --pool");
    }
    check_same_classes(all.class_names, set.class_names, shard.path() + ":/class_names");
    if (all.class_names.empty()) all.class_names = set.class_names;
    features.push_back(set.features);
    labels.push_back(set.labels);
    all.names.insert(all.names.end(), set.names.begin(), set.names.end());
    all.inputs.push_back({shard.path(), shard.digest()});
    all.parents.push_back(shard.provenance());
    left -= set.features.size(0);
    if (left == 0) break;
  }
  if (all.names.empty()) {
    throw DataError("no samples", operands.empty() ? "" : operands.front());
  }
  all.features = features.size() == 1 ? features.front() : at::cat(features, /*dim=*/0);
  all.labels = at::cat(labels, /*dim=*/0);
  return all;
}

FeatureSet select_samples(const FeatureSet& set, const Tensor& indices) {
  FeatureSet chosen;
  chosen.features = set.features.index_select(/*dim=*/0, indices);
  chosen.labels = set.labels.index_select(/*dim=*/0, indices);
  const int64_t* index = indices.data_ptr<int64_t>();
  for (int64_t i = 0; i < indices.numel(); ++i) {
    chosen.names.push_back(set.names[static_cast<size_t>(index[i])]);
  }
  chosen.class_names = set.class_names;
  chosen.inputs = set.inputs;
  chosen.parents = set.parents;
  return chosen;
}

FeatureSet labelled_only(FeatureSet set, const std::string& where) {
  const Tensor known = set.labels.ge(0).nonzero().flatten().contiguous();  // [n]
  const int64_t unknown = set.labels.numel() - known.numel();
  if (unknown == 0) return set;
  if (known.numel() == 0) {
    throw DataError("no sample has a label", where,
                    "make the patch shard from class folders or a table with a label column");
  }
  log_info(where + ": left out " + std::to_string(unknown) + " samples without a label");
  return select_samples(set, known);
}

int64_t class_count(const FeatureSet& train, const FeatureSet& test) {
  if (train.features.size(1) != test.features.size(1)) {
    throw DataError("test features have " + std::to_string(test.features.size(1)) +
                        " values but training features " + std::to_string(train.features.size(1)),
                    test.inputs.empty() ? "" : test.inputs.front().name,
                    "encode both with one model and the same --pool");
  }
  check_same_classes(train.class_names, test.class_names,
                     (test.inputs.empty() ? "" : test.inputs.front().name) + ":/class_names");
  const int64_t largest =
      std::max(train.labels.max().item<int64_t>(), test.labels.max().item<int64_t>());
  const auto& names = train.class_names.empty() ? test.class_names : train.class_names;
  if (names.empty()) return largest + 1;
  if (largest >= static_cast<int64_t>(names.size())) {
    throw DataError("label " + std::to_string(largest) + " has no name; there are " +
                        std::to_string(names.size()) + " class names",
                    train.inputs.empty() ? "" : train.inputs.front().name);
  }
  return static_cast<int64_t>(names.size());
}

}  // namespace mae
