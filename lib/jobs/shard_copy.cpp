// Copying datasets row by row.
#include "mae/jobs/shard_copy.h"

#include <algorithm>

#include "mae/base/interrupt.h"

namespace mae {
namespace {

constexpr int64_t kBlockBytes = int64_t{4} << 20;

void copy_rows(const ShardReader& shard, const DatasetInfo& info, ShardWriter& writer);

}  // namespace

std::vector<std::string> everything_but(const ShardReader& shard,
                                        const std::vector<std::string>& left_out) {
  std::vector<std::string> names;
  for (const DatasetInfo& info : shard.datasets()) {
    if (std::find(left_out.begin(), left_out.end(), info.name) == left_out.end()) {
      names.push_back(info.name);
    }
  }
  return names;
}

std::vector<std::string> description_of(const ShardReader& shard) {
  std::vector<std::string> names;
  for (const char* name : {"names", "labels", "class_names"}) {
    if (shard.has(name)) names.emplace_back(name);
  }
  return names;
}

ShardCopy::ShardCopy(const ShardReader& shard, std::vector<std::string> datasets)
    : shard_(shard), datasets_(std::move(datasets)) {}

std::vector<DatasetSpec> ShardCopy::specs() const {
  std::vector<DatasetSpec> specs;
  for (const std::string& name : datasets_) {
    const DatasetInfo& info = shard_.info(name);
    if (!info.has_samples()) continue;
    DatasetSpec spec;
    spec.name = name;
    spec.type = info.type;
    spec.is_text = info.is_text;
    if (!info.is_text) spec.sample_shape.assign(info.shape.begin() + 1, info.shape.end());
    if (info.dimensions.size() > 1) {
      spec.dimensions.assign(info.dimensions.begin() + 1, info.dimensions.end());
    }
    if (info.attributes.is_object()) spec.attributes = info.attributes;
    specs.push_back(std::move(spec));
  }
  return specs;
}

void ShardCopy::write_to(ShardWriter& writer) const {
  for (const std::string& name : datasets_) {
    const DatasetInfo& info = shard_.info(name);
    if (!info.has_samples()) {
      writer.write_text(name, shard_.read_text(name));
    } else if (info.is_text) {
      writer.append_text(name, shard_.read_text(name));
    } else {
      copy_rows(shard_, info, writer);
    }
  }
}

namespace {

void copy_rows(const ShardReader& shard, const DatasetInfo& info, ShardWriter& writer) {
  const int64_t rows = shard.samples();
  const int64_t block = std::max<int64_t>(1, kBlockBytes / std::max<int64_t>(1, info.row_bytes()));
  std::vector<uint8_t> bytes;
  for (int64_t first = 0; first < rows; first += block) {
    check_interrupt();
    const int64_t count = std::min(block, rows - first);
    bytes.resize(static_cast<size_t>(count * info.row_bytes()));
    shard.read(info.name, first, count, bytes.data());
    writer.append(info.name, bytes.data(), count);
  }
}

}  // namespace
}  // namespace mae
