// Output kinds, provenance of what a job reads, and the comparison behind --if-changed.
#include "mae/jobs/job_support.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/log.h"
#include "mae/layouts/tensor_source.h"
#include "mae/report/embedded_provenance.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

std::string lower_case_suffix(const std::string& path);
bool is_folder(const std::string& path);
std::optional<nlohmann::json> recorded_provenance(const std::string& output);

constexpr const char* kRecordName = "provenance.json";

}  // namespace

OutputKind output_kind(const std::string& path) {
  if (path == "-") return OutputKind::kShard;
  if (!path.empty() && (path.back() == '/' || is_folder(path))) return OutputKind::kFolder;
  const std::string suffix = lower_case_suffix(path);
  if (suffix == ".h5" || suffix == ".hdf5") return OutputKind::kShard;
  if (suffix == ".png") return OutputKind::kPng;
  if (suffix == ".html" || suffix == ".htm") return OutputKind::kHtml;
  throw UsageError("the output name does not say what to write", path,
                   "end it in .h5, .png or .html, or in / for a folder of PNG files");
}

bool is_up_to_date(const std::string& output, const Provenance& provenance) {
  if (output == "-") return false;
  std::optional<nlohmann::json> recorded;
  try {
    recorded = recorded_provenance(output);
  } catch (const DataError& error) {
    // A damaged output is simply not up to date: it will be made again.
    log_debug("not up to date: " + error.line());
    return false;
  }
  if (!recorded || *recorded != nlohmann::json::parse(provenance.to_json())) return false;
  log_info(output + " is up to date");
  return true;
}

void record_provenance(const std::string& folder, const Provenance& provenance) {
  write_file_atomically((fs::path(folder) / kRecordName).string(), provenance.to_json() + "\n");
}

Provenance provenance_of(const SampleDataset& dataset) {
  Provenance provenance = process_provenance();
  const auto inputs = dataset.inputs();
  const auto parents = dataset.parents();
  provenance.inputs.insert(provenance.inputs.end(), inputs.begin(), inputs.end());
  provenance.parents.insert(provenance.parents.end(), parents.begin(), parents.end());
  return provenance;
}

Provenance provenance_of(const std::vector<const ShardReader*>& shards) {
  Provenance provenance = process_provenance();
  for (const ShardReader* shard : shards) add_shard(provenance, *shard);
  return provenance;
}

void add_shard(Provenance& provenance, const ShardReader& shard) {
  provenance.inputs.push_back({shard.path(), shard.digest()});
  provenance.parents.push_back(shard.provenance());
}

void add_file(Provenance& provenance, const std::string& path) {
  provenance.inputs.push_back({path, digest_of_file(path)});
}

void add_checkpoint(Provenance& provenance, const std::string& path, const nlohmann::json& parent) {
  const std::string file = checkpoint_file(path);
  const bool is_set = is_published_checkpoint(file);  // perhaps of several files
  for (const std::string& member : is_set ? open_weights(file).files : std::vector{file})
    add_file(provenance, member);
  if (parent.is_object() && !parent.empty()) provenance.parents.push_back(parent);
}

DatasetOptions dataset_options_for(const Checkpoint& checkpoint) {
  const Preprocessing& preprocessing = checkpoint.preprocessing;
  DatasetOptions options;
  options.channels = preprocessing.channels;
  options.bit_depth = preprocessing.bit_depth == 16 ? 16 : 8;
  options.clip.frames = frames_of_config(checkpoint.config);
  if (preprocessing.stride > 0) options.clip.stride = preprocessing.stride;
  return options;
}

int64_t frames_of_config(const nlohmann::json& config) {
  const auto frames = config.find("num_frames");
  if (frames == config.end() || !frames->is_number_integer() || *frames < 1) return 1;
  return std::min<int64_t>(frames->get<int64_t>(), 65536);
}

void check_frames(const SampleDataset& dataset, int64_t num_frames, const std::string& which) {
  if (dataset.frames() == num_frames) return;
  const auto text = [](int64_t frames) {
    return frames == 1 ? std::string("pictures") : "clips of " + std::to_string(frames) + " frames";
  };
  throw DataError("holds " + text(dataset.frames()) + "; expected " + text(num_frames), which,
                  num_frames == 1
                      ? "choose a model of clips, or give pictures"
                      : "make the shard with mae-patchify --frames " + std::to_string(num_frames));
}

bool is_same_path(const std::string& a, const std::string& b) {
  std::error_code ignored;  // a path that cannot be looked up is no existing file
  return fs::equivalent(a, b, ignored);
}

namespace {

std::string lower_case_suffix(const std::string& path) {
  std::string suffix = fs::path(path).extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return suffix;
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// Nothing when the output does not exist or keeps no record. Throws DataError when it is damaged.
std::optional<nlohmann::json> recorded_provenance(const std::string& output) {
  std::error_code ignored;
  if (!fs::exists(output, ignored)) return std::nullopt;
  if (is_folder(output)) {
    const std::string record = (fs::path(output) / kRecordName).string();
    if (fs::exists(record, ignored))
      return nlohmann::json::parse(read_file(record), nullptr, false);
    if (is_published_checkpoint(output)) return published_provenance(open_weights(output));
    if (!fs::exists(checkpoint_file(output), ignored)) return std::nullopt;
    return read_checkpoint_header(output).provenance;
  }
  if (is_hdf5_file(output)) return ShardReader(output).provenance();
  if (is_published_checkpoint(output)) return published_provenance(open_weights(output));
  if (lower_case_suffix(output) == ".safetensors") return read_checkpoint_header(output).provenance;
  return embedded_provenance(read_file(output));
}

}  // namespace
}  // namespace mae
