// Finding, checking and drawing masks.
#include "mae/jobs/mask_source.h"

#include <algorithm>
#include <map>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

constexpr const char* kHint = "re-run mae-mask on this shard";

void append_shard(const ShardReader& shard, const SampleDataset& dataset, int64_t patches,
                  MaskList* masks);
void check_owner(const ShardReader& shard, const SampleDataset& dataset);
bool all_have_masks(const std::vector<std::string>& operands, const SampleDataset& dataset);
nlohmann::json mask_attributes(const std::string& file);

}  // namespace

MaskList load_masks(const std::vector<std::string>& files, const SampleDataset& dataset,
                    int64_t patches) {
  MaskList masks;
  const std::vector<std::string> shards = expand_shards(files);
  for (const std::string& file : shards) {
    append_shard(ShardReader(file), dataset, patches, &masks);
    // Under --limit the input ends before its masks do.
    if (static_cast<int64_t>(masks.size()) >= dataset.size()) break;
  }
  if (static_cast<int64_t>(masks.size()) < dataset.size()) {
    throw DataError("mask has " + std::to_string(masks.size()) + " samples but the input has " +
                        std::to_string(dataset.size()),
                    shards.empty() ? "--masks" : shards.front() + ":/mask", kHint);
  }
  masks.resize(static_cast<size_t>(dataset.size()));
  return masks;
}

MaskSource::MaskSource(const MaskSourceOptions& options, const std::vector<std::string>& operands,
                       const SampleDataset& dataset, const MaskGrid& grid)
    : dataset_(dataset), options_(options), grid_(grid) {
  if (!options.file.empty()) {
    files_ = expand_shards({options.file});
    stored_ = load_masks({options.file}, dataset, grid.tokens());
    attributes_ = mask_attributes(files_.front());
    origin_ = Origin::kStored;
  } else if (options.allow_input_masks && all_have_masks(operands, dataset)) {
    stored_ = load_masks(operands, dataset, grid.tokens());
    attributes_ = mask_attributes(expand_shards(operands).front());
    origin_ = Origin::kStored;
  } else if (options.allow_drawn) {
    visible_count(options.masking, grid);  // refuses a bad ratio before any work
    attributes_ = {{"strategy", mask_strategy_name(options.masking.strategy)},
                   {"mask_ratio", options.masking.mask_ratio},
                   {"seed", options.seed}};
    origin_ = Origin::kDrawn;
  }
}

std::vector<uint8_t> MaskSource::mask(int64_t index) const {
  if (origin_ == Origin::kStored) return stored_[static_cast<size_t>(index)];
  if (origin_ == Origin::kNothing) return std::vector<uint8_t>(static_cast<size_t>(grid_.tokens()));
  RandomStream random(static_cast<uint64_t>(options_.seed), "mask", 0, dataset_.id(index));
  return draw_mask(options_.masking, grid_, random);
}

std::vector<std::vector<int64_t>> group_by_hidden(const MaskList& masks) {
  std::map<int64_t, std::vector<int64_t>> groups;
  for (size_t i = 0; i < masks.size(); ++i) {
    const auto hidden =
        std::count_if(masks[i].begin(), masks[i].end(), [](uint8_t value) { return value != 0; });
    groups[hidden].push_back(static_cast<int64_t>(i));
  }
  std::vector<std::vector<int64_t>> rows;
  for (auto& [hidden, members] : groups) rows.push_back(std::move(members));
  return rows;
}

namespace {

void append_shard(const ShardReader& shard, const SampleDataset& dataset, int64_t patches,
                  MaskList* masks) {
  const std::string where = shard.path() + ":/mask";
  const DatasetInfo& info = shard.info("mask");
  if (info.shape.size() != 2 || info.type != ElementType::kUint8) {
    throw DataError("mask is " + element_name(info.type) + " of shape " + shape_text(info.shape) +
                        "; expected uint8, samples x patches",
                    where, kHint);
  }
  if (info.shape[1] != patches) {
    throw DataError("mask has " + std::to_string(info.shape[1]) + " patches but the model has " +
                        std::to_string(patches),
                    where, "cut the shard with the model's patch size, then re-run mae-mask");
  }
  check_owner(shard, dataset);
  const std::vector<uint8_t> values = shard.read<uint8_t>("mask", 0, shard.samples());
  const std::vector<std::string> names =
      shard.has("names") ? shard.read_text("names") : std::vector<std::string>();
  for (int64_t row = 0; row < shard.samples(); ++row) {
    const auto index = static_cast<int64_t>(masks->size());
    if (index >= dataset.size()) return;
    if (!names.empty() && names[static_cast<size_t>(row)] != dataset.name(index)) {
      throw DataError("mask " + std::to_string(row) + " belongs to '" +
                          names[static_cast<size_t>(row)] + "' but the sample is '" +
                          dataset.name(index) + "'",
                      where, "give the mask files in the order of the input");
    }
    const auto begin = values.begin() + row * patches;
    masks->emplace_back(begin, begin + patches);
  }
}

/// Shards are told apart by digest; picture folders have none that a mask file could name, names
/// decide there.
void check_owner(const ShardReader& shard, const SampleDataset& dataset) {
  const nlohmann::json& attributes = shard.info("mask").attributes;
  if (!dataset.patch_size() || shard.has("patches") || !attributes.contains("patches_digest")) {
    return;
  }
  const auto digest = attributes["patches_digest"];
  const auto inputs = dataset.inputs();
  const bool known = std::any_of(inputs.begin(), inputs.end(),
                                 [&](const auto& input) { return digest == input.digest; });
  if (known) return;
  throw DataError("the mask belongs to another shard (" + digest.dump() + "), not to " +
                      (inputs.empty() ? "the input" : inputs.front().name),
                  shard.path() + ":/mask", kHint);
}

bool all_have_masks(const std::vector<std::string>& operands, const SampleDataset& dataset) {
  if (!dataset.patch_size()) return false;  // picture folders carry no masks
  const std::vector<std::string> shards = expand_shards(operands);
  return !shards.empty() && std::all_of(shards.begin(), shards.end(), [](const std::string& file) {
    return ShardReader(file).has("mask");
  });
}

nlohmann::json mask_attributes(const std::string& file) {
  nlohmann::json known = nlohmann::json::object();
  const ShardReader shard(file);
  const nlohmann::json& attributes = shard.info("mask").attributes;
  for (const char* name : {"strategy", "mask_ratio", "seed"}) {
    if (attributes.contains(name)) known[name] = attributes[name];
  }
  return known;
}

}  // namespace
}  // namespace mae
