// Patch shards as pictures: held in memory when they fit, else read block by block.
#include "mae/data/shard_dataset.h"

#include <algorithm>
#include <iterator>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/data/block_cache.h"
#include "mae/data/patch_image.h"
#include "mae/io/shard_reader.h"

namespace mae {
namespace {

constexpr int64_t kBlockBytes = int64_t{1} << 20;  // the writer's chunk size: one read, one chunk
constexpr size_t kCachedBlocks = 32;

struct Member {
  std::unique_ptr<ShardReader> reader;
  int64_t first = 0, samples = 0;  // position in the dataset
  std::vector<uint8_t> resident;   // all rows, or empty
};

PatchGeometry read_geometry(const ShardReader& reader);
PixelStats read_stats(const ShardReader& reader, int64_t channels);
void check_equal(const PatchGeometry& expected, const PatchGeometry& got, const std::string& where);

class ShardDataset : public SampleDataset {
 public:
  ShardDataset(const std::vector<std::string>& paths, const DatasetOptions& options);

  int64_t size() const override { return static_cast<int64_t>(names_.size()); }
  Image image(int64_t index) const override;
  ClipShape clip_shape() const override { return {geometry_.frames, 1}; }
  int64_t tubelet_size() const override { return geometry_.tubelet_size; }
  int64_t label(int64_t index) const override { return labels_[static_cast<size_t>(index)]; }
  const std::string& name(int64_t index) const override {
    return names_[static_cast<size_t>(index)];
  }
  std::vector<std::string> class_names() const override { return class_names_; }
  int64_t channels() const override { return geometry_.channels; }
  int bit_depth() const override { return geometry_.bit_depth; }
  std::optional<Size2d> image_size() const override { return geometry_.image_size(); }
  std::optional<Size2d> patch_size() const override { return geometry_.patch_size; }
  PixelStats pixel_stats() const override { return stats_; }
  const TextInfo* text_info() const override { return tokens_.info(); }
  TokenRow text(int64_t index) const override { return tokens_.row(index); }
  std::vector<Provenance::Input> inputs() const override;
  std::vector<nlohmann::json> parents() const override;

 private:
  void add_member(const std::string& path, int64_t limit);
  void make_resident(int64_t most_bytes);

  PatchGeometry geometry_;
  PixelStats stats_;
  std::vector<Member> members_;
  std::vector<std::string> names_, class_names_;
  std::vector<int64_t> labels_;
  TokenTable tokens_;
  mutable BlockCache cache_{kCachedBlocks};
};

ShardDataset::ShardDataset(const std::vector<std::string>& paths, const DatasetOptions& options) {
  for (const std::string& path : paths) {
    if (options.limit > 0 && size() >= options.limit) break;
    add_member(path, options.limit);
  }
  if (names_.empty())
    throw DataError("the shard holds no samples", paths.empty() ? "" : paths.front(),
                    "make it again with mae-patchify");
  make_resident(options.resident_bytes);
}

void ShardDataset::add_member(const std::string& path, int64_t limit) {
  Member member;
  member.reader = std::make_unique<ShardReader>(path);
  const ShardReader& reader = *member.reader;
  const PatchGeometry geometry = read_geometry(reader);
  if (members_.empty()) {
    geometry_ = geometry;
    stats_ = read_stats(reader, geometry.channels);
  }
  check_equal(geometry_, geometry, reader.path());
  const PixelStats stats = read_stats(reader, geometry.channels);
  if (stats.mean != stats_.mean || stats.std != stats_.std)
    log_warning(reader.path() + ": mean and std differ from the first shard's, which are used");

  member.first = size();
  member.samples = reader.samples();
  if (limit > 0) member.samples = std::min(member.samples, limit - member.first);
  std::vector<std::string> names = reader.read_text("names");
  names.resize(static_cast<size_t>(member.samples));
  std::move(names.begin(), names.end(), std::back_inserter(names_));
  std::vector<int64_t> labels(static_cast<size_t>(member.samples), -1);
  if (reader.has("labels")) labels = reader.read<int64_t>("labels", 0, member.samples);
  labels_.insert(labels_.end(), labels.begin(), labels.end());
  if (reader.has("class_names")) {
    const std::vector<std::string> classes = reader.read_text("class_names");
    if (class_names_.empty()) class_names_ = classes;
    if (classes != class_names_)
      throw DataError("class names differ from the first shard's", reader.path() + ":/class_names",
                      "make all shards in one run of mae-patchify");
  }
  tokens_.add(reader, member.samples);
  members_.push_back(std::move(member));
}

void ShardDataset::make_resident(int64_t most_bytes) {
  // Divided, not multiplied: sizes come from files.
  if (size() > most_bytes / geometry_.row_bytes()) return;
  for (Member& member : members_) {
    member.resident.resize(static_cast<size_t>(member.samples * geometry_.row_bytes()));
    member.reader->read("patches", 0, member.samples, member.resident.data());
  }
}

Image ShardDataset::image(int64_t index) const {
  const auto after = std::upper_bound(members_.begin(), members_.end(), index,
                                      [](int64_t i, const Member& m) { return i < m.first; });
  const Member& member = *(after - 1);
  const int64_t row = index - member.first, row_bytes = geometry_.row_bytes();
  if (!member.resident.empty())
    return image_from_row(member.resident.data() + row * row_bytes, geometry_);
  const int64_t block_rows = std::max<int64_t>(1, kBlockBytes / row_bytes);
  const int64_t block = row / block_rows;
  const size_t shard = static_cast<size_t>(after - 1 - members_.begin());
  const BlockCache::Block rows = cache_.get({shard, block}, [&] {
    const int64_t count = std::min(block_rows, member.samples - block * block_rows);
    std::vector<uint8_t> bytes(static_cast<size_t>(count * row_bytes));
    member.reader->read("patches", block * block_rows, count, bytes.data());
    return bytes;
  });
  return image_from_row(rows->data() + (row - block * block_rows) * row_bytes, geometry_);
}

std::vector<Provenance::Input> ShardDataset::inputs() const {
  std::vector<Provenance::Input> inputs;
  for (const Member& member : members_)
    inputs.push_back({member.reader->path(), member.reader->digest()});
  return inputs;
}

std::vector<nlohmann::json> ShardDataset::parents() const {
  std::vector<nlohmann::json> parents;
  for (const Member& member : members_) parents.push_back(member.reader->provenance());
  return parents;
}

Size2d size_attribute(const DatasetInfo& info, const std::string& name, const std::string& where) {
  const nlohmann::json value = info.attributes.value(name, nlohmann::json());
  if (!value.is_array() || value.size() != 2 || !value[0].is_number_integer() ||
      !value[1].is_number_integer() || value[0] <= 0 || value[1] <= 0)
    throw DataError("attribute '" + name + "' is not two positive integers", where);
  return {value[0].get<int64_t>(), value[1].get<int64_t>()};
}

/// Bounded, so that products of a few of them do not overflow.
int64_t count_attribute(const DatasetInfo& info, const std::string& name,
                        const std::string& where) {
  const nlohmann::json value = info.attributes.value(name, nlohmann::json());
  if (!value.is_number_integer() || value <= 0 || value > (int64_t{1} << 24))
    throw DataError("attribute '" + name + "' is not a positive integer", where);
  return value.get<int64_t>();
}

PatchGeometry read_geometry(const ShardReader& reader) {
  const DatasetInfo& info = reader.info("patches");
  const std::string where = reader.path() + ":/patches";
  if (info.type != ElementType::kUint8 && info.type != ElementType::kUint16)
    throw DataError("elements are " + element_name(info.type) + "; expected uint8 or uint16",
                    where);
  PatchGeometry geometry;
  geometry.patch_size = size_attribute(info, "patch_size", where);
  geometry.grid = size_attribute(info, "grid", where);
  geometry.channels = count_attribute(info, "channels", where);
  if (info.attributes.contains("tubelet_size")) {
    geometry.frames = count_attribute(info, "frames", where);
    geometry.tubelet_size = count_attribute(info, "tubelet_size", where);
    if (geometry.frames % geometry.tubelet_size != 0)
      throw DataError("tubelets do not divide the frames", where, "re-run mae-patchify");
  }
  geometry.bit_depth = info.type == ElementType::kUint16 ? 16 : 8;
  // By division: products of hostile attributes overflow.
  const auto fits = [](int64_t product, int64_t a, int64_t b) {
    return product % a == 0 && product / a == b;
  };
  const int64_t values = geometry.channels * geometry.tubelet_size;
  const bool shape_fits =
      info.shape.size() == 3 && info.shape[1] % geometry.slots() == 0 &&
      fits(info.shape[1] / geometry.slots(), geometry.grid.height, geometry.grid.width) &&
      info.shape[2] % values == 0 &&
      fits(info.shape[2] / values, geometry.patch_size.height, geometry.patch_size.width);
  if (!shape_fits)
    throw DataError("shape " + shape_text(info.shape) +
                        " does not fit the attributes patch_size, grid and channels" +
                        (geometry.frames > 1 ? ", frames and tubelet_size" : ""),
                    where);
  return geometry;
}

PixelStats read_stats(const ShardReader& reader, int64_t channels) {
  const nlohmann::json& attributes = reader.info("patches").attributes;
  const auto numbers = [&](const char* name) {
    const nlohmann::json value = attributes.value(name, nlohmann::json());
    bool fits = value.is_array() && value.size() == static_cast<size_t>(channels);
    for (const auto& number : value) fits = fits && number.is_number();
    if (!fits)
      throw DataError(std::string("attribute '") + name + "' is not one number a channel",
                      reader.path() + ":/patches");
    return value.get<std::vector<double>>();
  };
  PixelStats stats{numbers("mean"), numbers("std")};
  for (const double deviation : stats.std)
    if (!(deviation > 0))
      throw DataError("attribute 'std' is not positive", reader.path() + ":/patches");
  return stats;
}

void check_equal(const PatchGeometry& expected, const PatchGeometry& got,
                 const std::string& where) {
  const auto text = [](const PatchGeometry& g) {
    return size_text(g.image_size()) + " pixels in patches of " + size_text(g.patch_size) + ", " +
           std::to_string(g.channels) + " channels of " + std::to_string(g.bit_depth) + " bits" +
           (g.frames > 1 ? ", " + std::to_string(g.frames) + " frames in tubelets of " +
                               std::to_string(g.tubelet_size)
                         : "");
  };
  if (text(expected) == text(got)) return;
  throw DataError(
      "pictures differ from the first shard's: expected " + text(expected) + ", got " + text(got),
      where, "make all shards with the same options of mae-patchify");
}

}  // namespace

std::shared_ptr<SampleDataset> open_shard_dataset(const std::vector<std::string>& paths,
                                                  const DatasetOptions& options) {
  return std::make_shared<ShardDataset>(paths, options);
}

}  // namespace mae
