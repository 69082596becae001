#include "mae/shards/patch_shards.h"

#include <algorithm>

#include "mae/base/disk_space.h"
#include "mae/base/error.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

constexpr int64_t kMaxShards =
    500;  // all stay open until the end; the usual limit is 1024 open files

int64_t shard_count(int64_t samples, int64_t shard_size) {
  return shard_size > 0 ? (samples + shard_size - 1) / shard_size : 1;
}

std::vector<DatasetSpec> dataset_specs(const PatchLayout& layout, bool with_captions,
                                       const CaptionTokens* tokens) {
  DatasetSpec patches;
  patches.name = "patches";
  patches.type = layout.bit_depth == 16 ? ElementType::kUint16 : ElementType::kUint8;
  patches.sample_shape = {layout.patches(), layout.patch_values()};
  patches.dimensions = {"patch", "value"};
  const auto size = [](Size2d s) { return nlohmann::json{s.height, s.width}; };
  patches.attributes = {{"image_size", size(layout.image_size)},
                        {"patch_size", size(layout.patch_size)},
                        {"grid", size(layout.grid())},
                        {"channels", layout.channels},
                        {"bit_depth", layout.bit_depth}};
  if (layout.is_clip()) {
    patches.attributes["frames"] = layout.frames;
    patches.attributes["tubelet_size"] = layout.tubelet_size;
  }
  DatasetSpec labels;
  labels.name = "labels";
  labels.type = ElementType::kInt64;
  std::vector<DatasetSpec> specs{patches, labels};
  for (const char* name : {"names", "captions"}) {
    if (name == std::string("captions") && !with_captions) continue;
    DatasetSpec text;
    text.name = name;
    text.is_text = true;
    specs.push_back(text);
  }
  if (tokens) {
    for (DatasetSpec& spec : tokens->specs()) specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

std::vector<std::string> patch_shard_paths(const std::string& output, int64_t samples,
                                           int64_t shard_size) {
  if (shard_size <= 0) return {output};
  const int64_t count = shard_count(samples, shard_size);
  if (count > kMaxShards) {
    throw UsageError("the set would have " + std::to_string(count) + " shards; at most " +
                         std::to_string(kMaxShards) + " are written at once",
                     "--shard-size", "make the shards larger, or several sets with --range");
  }
  std::vector<std::string> paths;
  for (int64_t k = 0; k < count; ++k) paths.push_back(shard_path(output, k, count));
  return paths;
}

PatchShards::PatchShards(const ImageSource& source, const PatchLayout& layout,
                         const std::string& output, int64_t shard_size, Overwrite overwrite,
                         const CaptionTokens* tokens)
    : source_(source),
      output_(shard_size > 0 ? output : ""),
      shard_size_(shard_size > 0 ? shard_size : std::max<int64_t>(1, source.size())),
      with_captions_(source.has_captions()),
      tokens_(tokens) {
  int64_t left = source.size();
  if (!output_.empty()) {
    check_set_name(output);
    sweep_set(output);
    // Each shard asks for its own room; only here is it known what they take together.
    require_free_space(
        output, left * layout.patches() * layout.patch_values() * (layout.bit_depth / 8), output);
  }
  for (const std::string& path : patch_shard_paths(output, source.size(), shard_size)) {
    const int64_t rows = std::min(left, shard_size_);
    left -= rows;
    paths_.push_back(path);
    shards_.push_back(std::make_unique<ShardWriter>(
        path, rows, dataset_specs(layout, with_captions_, tokens_), overwrite));
  }
}

void PatchShards::append(int64_t i, const std::vector<uint8_t>& patches) {
  ShardWriter& shard = *shards_[static_cast<size_t>(i / shard_size_)];
  const SourceItem& item = source_.item(i);
  shard.append("patches", patches.data(), 1);
  shard.append_text("names", {item.name});
  shard.append("labels", &item.label, 1);
  if (with_captions_) shard.append_text("captions", {item.caption});
  if (tokens_) tokens_->append(item.caption, &shard);
}

void PatchShards::commit(const PixelMoments& moments, const Provenance& provenance) {
  if (!output_.empty()) remove_shard_index(output_);
  for (const auto& shard : shards_) {
    shard->set_attribute("patches", "mean", moments.mean);
    shard->set_attribute("patches", "std", moments.std);
    if (!source_.class_names().empty()) shard->write_text("class_names", source_.class_names());
    if (tokens_) tokens_->finish(shard.get());
    shard->commit(provenance);
  }
  if (!output_.empty()) write_shard_index(output_, paths_);
}

}  // namespace mae
