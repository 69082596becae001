// Declares the datasets of a feature shard and appends batches to them.
#include "mae/jobs/feature_writer.h"

#include <numeric>

namespace mae {
namespace {

// One picture's part of a tensor [1, ...].
std::vector<int64_t> row_shape(const Tensor& tensor) {
  return {tensor.sizes().begin() + 1, tensor.sizes().end()};
}

std::string map_name(int64_t stride) { return "map_" + std::to_string(stride); }

void add_maps(const FeatureLayout& layout, ElementType type, std::vector<DatasetSpec>* specs) {
  for (size_t i = 0; i < layout.shapes.maps.size(); ++i) {
    const int64_t stride = layout.map_strides[i];
    specs->push_back({map_name(stride),
                      type,
                      row_shape(layout.shapes.maps[i]),
                      {"channel", "row", "column"},
                      {{"stride", stride}},
                      false});
  }
}

std::vector<DatasetSpec> feature_specs(const FeatureLayout& layout) {
  const FeatureRequest& request = layout.request;
  const FeatureBatch& shapes = layout.shapes;
  const int64_t embed_dim = shapes.features.size(1);
  const ElementType patch_type =
      request.half_patches ? ElementType::kFloat16 : ElementType::kFloat32;
  const nlohmann::json pooled = {{"pool", pool_name(*request.pool)},
                                 {"embed_dim", embed_dim},
                                 {"precision", layout.precision}};
  std::vector<DatasetSpec> specs;
  specs.push_back({"features", ElementType::kFloat32, {embed_dim}, {"feature"}, pooled, false});
  if (request.patches) {
    specs.push_back({"patch_features",
                     patch_type,
                     row_shape(shapes.patch_features),
                     {"patch", "feature"},
                     {{"embed_dim", embed_dim}},
                     false});
  }
  if (!request.blocks.empty()) {
    nlohmann::json attributes = pooled;
    attributes["embed_dim"] = shapes.block_features.size(2);
    attributes["blocks"] = request.blocks;
    specs.push_back({"block_features",
                     ElementType::kFloat32,
                     row_shape(shapes.block_features),
                     {"block", "feature"},
                     attributes,
                     false});
  }
  if (request.attention) {
    specs.push_back({"attention",
                     ElementType::kFloat32,
                     row_shape(shapes.attention),
                     {"head", "patch"},
                     nlohmann::json::object(),
                     false});
  }
  add_maps(layout, patch_type, &specs);
  if (layout.with_mask) {
    specs.push_back(
        {"mask", ElementType::kUint8, {layout.patches}, {"patch"}, layout.mask_attributes, false});
  }
  specs.push_back({"labels", ElementType::kInt64, {}, {}, nlohmann::json::object(), false});
  specs.push_back({"names", ElementType::kUint8, {}, {}, nlohmann::json::object(), true});
  return specs;
}

}  // namespace

int64_t bytes_per_sample(const FeatureLayout& layout) {
  int64_t bytes = 0;
  for (const DatasetSpec& spec : feature_specs(layout))
    if (!spec.is_text)
      bytes += element_count(spec.sample_shape, spec.name) * element_size(spec.type);
  return bytes;
}

FeatureWriter::FeatureWriter(const std::string& path, int64_t rows, const FeatureLayout& layout,
                             Overwrite overwrite)
    : writer_(path, rows, feature_specs(layout), overwrite), map_strides_(layout.map_strides) {
  if (!layout.class_names.empty()) writer_.write_text("class_names", layout.class_names);
}

void FeatureWriter::append(const SampleDataset& dataset, const std::vector<int64_t>& indices,
                           const FeatureBatch& features, const MaskList& masks) {
  const auto rows = static_cast<int64_t>(indices.size());
  const auto append_tensor = [&](const std::string& name, const Tensor& tensor) {
    if (tensor.defined()) writer_.append(name, tensor.contiguous().data_ptr(), rows);
  };
  append_tensor("features", features.features);
  append_tensor("patch_features", features.patch_features);
  append_tensor("block_features", features.block_features);
  append_tensor("attention", features.attention);
  for (size_t i = 0; i < features.maps.size(); ++i)
    append_tensor(map_name(map_strides_[i]), features.maps[i]);
  for (const std::vector<uint8_t>& mask : masks) writer_.append("mask", mask.data(), 1);
  std::vector<int64_t> labels;
  std::vector<std::string> names;
  for (const int64_t index : indices) {
    labels.push_back(dataset.label(index));
    names.push_back(dataset.name(index));
  }
  writer_.append("labels", labels.data(), rows);
  writer_.append_text("names", names);
}

void FeatureWriter::commit(const Provenance& provenance) { writer_.commit(provenance); }

}  // namespace mae
