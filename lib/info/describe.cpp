#include "mae/info/describe.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/text.h"
#include "mae/info/file_kind.h"
#include "mae/io/json_text.h"
#include "mae/io/safetensors_file.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_set.h"
#include "mae/layouts/published_checkpoint.h"

namespace mae {
namespace {

using Json = nlohmann::ordered_json;

Json describe_shard(const std::string& path);
Json describe_tensors(const std::string& path);
// A basis or codebook of patches, of mae-codebook.
Json describe_target(const SafetensorsFile& file, const nlohmann::json& target);
// A checkpoint of another program, as far as it can be understood.
Json describe_published(const std::string& path);
Json describe_run(const std::string& path);
std::string shard_kind(const ShardReader& shard);
// Adds "program" and "version" from provenance.
void add_maker(Json& description, const nlohmann::json& provenance);
// Metadata of ours, parsed; null when absent.
nlohmann::json metadata(const SafetensorsFile& file, const std::string& key);
// How many parameters and tensors there are, and of which types; values have `shape` and `type`.
template <typename Tensors>
void add_counts(Json& description, const Tensors& tensors, const std::string& path) {
  int64_t parameters = 0;
  std::set<std::string> types;
  for (const auto& [name, tensor] : tensors) {
    parameters += element_count(tensor.shape, path + ":" + name);
    types.insert(element_name(tensor.type));
  }
  description["parameters"] = parameters;
  description["tensors"] = tensors.size();
  description["types"] = types;
}
// The last whole line of a log, null when there is none.
Json last_line(const std::string& path);
int64_t file_bytes(const std::string& path);

}  // namespace

Json describe(const std::string& path) {
  switch (file_kind(path)) {
    case FileKind::kShard:
      return describe_shard(path);
    case FileKind::kTensors:
      return describe_tensors(path);
    case FileKind::kPublished:
      return describe_published(path);
    case FileKind::kRun:
      return describe_run(path);
    case FileKind::kShardFolder:
    case FileKind::kShardIndex:
      break;
  }
  const bool is_index = file_kind(path) == FileKind::kShardIndex;
  Json folder = {{"file", path},
                 {"kind", is_index ? "index of shards" : "folder of shards"},
                 {"samples", 0}};
  int64_t samples = 0;
  for (const std::string& shard : expand_shards({path})) {
    folder["shards"].push_back(describe_shard(shard));
    samples += folder["shards"].back().value("samples", int64_t{0});
  }
  folder["samples"] = samples;
  return folder;
}

std::vector<TensorRow> list_tensors(const std::string& path) {
  std::vector<TensorRow> rows;
  for (const std::string& file : member_files(path)) {
    if (ends_with(file, ".jsonl")) continue;
    if (file_kind(file) == FileKind::kShard) {
      const ShardReader shard(file);
      for (const DatasetInfo& dataset : shard.datasets()) {
        const std::string type = dataset.is_text ? "text" : element_name(dataset.type);
        rows.push_back({file, "/" + dataset.name, type, dataset.shape});
      }
    } else if (file_kind(file) == FileKind::kPublished) {
      const OpenedWeights weights = open_weights(file);
      for (const auto& [name, info] : weights.source->tensors())
        rows.push_back({file, printable(name), element_name(info.type), info.shape});
    } else {
      const SafetensorsFile tensors(file);
      for (const auto& [name, entry] : tensors.entries()) {
        rows.push_back({file, name, element_name(entry.type), entry.shape});
      }
    }
  }
  return rows;
}

nlohmann::json provenance_of_file(const std::string& path) {
  switch (file_kind(path)) {
    case FileKind::kShard:
      return ShardReader(path).provenance();
    case FileKind::kTensors:
      return metadata(SafetensorsFile(path), "mae.provenance");
    case FileKind::kPublished:
      return published_provenance(open_weights(path));
    case FileKind::kRun:
      for (const std::string& file : run_files(path)) {
        if (ends_with(file, ".safetensors")) return provenance_of_file(file);
      }
      return nullptr;
    default:
      throw DataError("a folder of shards has no provenance of its own", path,
                      "name the shards: mae-info --history " + path + "/*.h5");
  }
}

namespace {

Json describe_shard(const std::string& path) {
  const ShardReader shard(path);
  Json description = {{"file", shard.path()},
                      {"kind", shard_kind(shard)},
                      {"format_version", shard.format_version()},
                      {"samples", shard.samples()}};
  for (const DatasetInfo& dataset : shard.datasets()) {
    if (!dataset.has_samples()) {
      description[dataset.name] =
          dataset.shape.empty() ? 0 : dataset.shape[0];  // class_names: how many
      continue;
    }
    Json entry = {{"type", dataset.is_text ? "text" : element_name(dataset.type)},
                  {"shape", dataset.shape},
                  {"dimensions", dataset.dimensions}};
    for (const auto& [name, value] : dataset.attributes.items()) entry["attributes"][name] = value;
    description["datasets"]["/" + dataset.name] = std::move(entry);
  }
  if (path != "-") description["bytes"] = file_bytes(path);
  add_maker(description, shard.provenance());
  return description;
}

Json describe_tensors(const std::string& path) {
  const SafetensorsFile file(path);
  const nlohmann::json config = metadata(file, "mae.config"), extra = metadata(file, "mae.extra");
  const nlohmann::json target = metadata(file, "mae.target");
  if (target.is_object()) return describe_target(file, target);
  const bool is_state = extra.is_object() && extra.contains("position");
  if (!config.is_object() && !is_state) return describe_published(path);
  Json description = {{"file", path}};
  description["kind"] = is_state ? "state of a training run" : "checkpoint";
  add_counts(description, file.entries(), path);
  description["bytes"] = file_bytes(path);
  description["has_checksums"] = file.has_digests();
  if (config.is_object()) {
    description["config"] = config;
    description["preprocessing"] = metadata(file, "mae.preprocessing");
  }
  if (is_state) {
    description["position"] = extra.at("position");
  } else if (extra.is_object() && !extra.empty()) {
    description["extra"] = extra;
  }
  add_maker(description, metadata(file, "mae.provenance"));
  return description;
}

Json describe_target(const SafetensorsFile& file, const nlohmann::json& target) {
  const bool is_basis = file.entries().count("basis") > 0;
  Json description = {{"file", file.path()},
                      {"kind", is_basis ? "basis of patches" : "codebook of patches"}};
  add_counts(description, file.entries(), file.path());
  description["bytes"] = file_bytes(file.path());
  description["has_checksums"] = file.has_digests();
  description["target"] = target;
  add_maker(description, metadata(file, "mae.provenance"));
  return description;
}

Json describe_published(const std::string& path) {
  constexpr char kOwn[] = "mae.";  // shown as configuration and history
  const OpenedWeights weights = open_weights(path);
  Json description = {{"file", path}, {"kind", "tensors of another program"}};
  add_counts(description, weights.source->tensors(), path);
  int64_t bytes = 0;
  for (const std::string& file : weights.files) bytes += file_bytes(file);
  description["bytes"] = bytes;
  try {
    const PublishedCheckpoint published(path);
    description["kind"] = "checkpoint, " + published.layout();
    description["config"] = published.config();
    description["preprocessing"] = published.preprocessing();
    for (const std::string& note : published.notes()) description["notes"].push_back(note);
    for (const std::string& note : published.assumptions()) description["notes"].push_back(note);
  } catch (const Error& error) {  // still worth describing: the reason tells what is missing
    description["config"] = std::string("not known: ") + error.what() +
                            (error.hint().empty() ? "" : "; " + error.hint());
  }
  for (const auto& [key, value] : weights.metadata) {
    if (!starts_with(key, kOwn)) description["metadata"][key] = value;
  }
  if (weights.rest.is_object() && !weights.rest.empty()) {
    for (const auto& [key, value] : weights.rest.items()) {
      if (starts_with(key, kOwn)) continue;
      const bool is_plain = key == "args" || key == "epoch" || value.is_primitive();
      description["saved_beside"][key] = is_plain ? Json(value) : Json("...");
    }
  }
  add_maker(description, published_provenance(weights));
  return description;
}

Json describe_run(const std::string& path) {
  Json description = {{"file", path}, {"kind", "training run"}};
  Json newest;
  for (const std::string& file : run_files(path)) {
    const std::string name = file.substr(file.rfind('/') + 1);
    description["files"][name] = file_bytes(file);
    if (name == "log.jsonl") {
      description["last_log_line"] = last_line(file);
      continue;
    }
    const Json one = describe_tensors(file);
    if (one.contains("position")) description["position"] = one.at("position");
    if (newest.is_null()) newest = one;
  }
  for (const char* key : {"parameters", "config", "program", "version"}) {
    if (newest.is_object() && newest.contains(key)) description[key] = newest.at(key);
  }
  return description;
}

std::string shard_kind(const ShardReader& shard) {
  if (shard.has("reconstruction") || shard.has("error")) return "reconstruction shard";
  if (shard.has("mask")) return shard.has("patches") ? "mask shard with patches" : "mask shard";
  for (const char* name : {"features", "patch_features", "block_features", "attention"}) {
    if (shard.has(name)) return "feature shard";
  }
  return shard.has("patches") ? "patch shard" : "shard";
}

void add_maker(Json& description, const nlohmann::json& provenance) {
  for (const char* key : {"program", "version"}) {
    if (provenance.is_object() && provenance.contains(key) && provenance[key].is_string()) {
      description[key] = provenance[key];
    }
  }
}

nlohmann::json metadata(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end()
             ? nlohmann::json()
             : parse_json(found->second, file.path() + ": metadata " + key);
}

Json last_line(const std::string& path) {
  constexpr int64_t kMostBytes = 1 << 20;  // a line is a few hundred bytes
  const InputFile file(path);
  const int64_t bytes = std::min(file.size(), kMostBytes);
  std::string tail(static_cast<size_t>(bytes), '\0');
  file.read_exactly(file.size() - bytes, tail.data(), tail.size());
  const size_t end = tail.rfind('\n');  // what follows is half-written
  if (end == std::string::npos || end == 0) return nullptr;
  const size_t before = tail.rfind('\n', end - 1);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  const Json line =
      Json::parse(tail.substr(begin, end - begin), nullptr, /*allow_exceptions=*/false);
  return line.is_discarded() ? Json(nullptr) : line;
}

int64_t file_bytes(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<int64_t>(info.st_size) : 0;
}

}  // namespace
}  // namespace mae
