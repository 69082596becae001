// Reads chunk by chunk, so that each one is judged before HDF5 touches it and damage is named by
// its rows.
#include "mae/io/shard_reader.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/input_policy.h"
#include "mae/base/text.h"
#include "mae/io/file_digest.h"
#include "mae/io/hdf5_file.h"
#include "mae/io/shard_format.h"
#include "mae/io/shard_profile.h"
#include "mae/io/shard_trust.h"

namespace mae {
namespace {

constexpr int64_t kDefaultStdinBytes = int64_t{4} << 30;

int64_t stdin_limit() {
  const char* variable = std::getenv("MAE_MAX_STDIN");
  if (variable == nullptr || *variable == '\0') return kDefaultStdinBytes;
  char* end = nullptr;
  const long long bytes = std::strtoll(variable, &end, 10);
  if (*end != '\0' || bytes < 1) throw UsageError("is not a number of bytes", "MAE_MAX_STDIN");
  return bytes;
}

// Standard input comes only once, but a job may look at the same shard twice (patches here, masks
// there): its bytes are shared by the readers that live at one time. Called under the lock.
std::shared_ptr<const std::string> standard_input_image() {
  static std::weak_ptr<const std::string> shared;
  std::shared_ptr<const std::string> image = shared.lock();
  if (!image) image = std::make_shared<const std::string>(read_standard_input(stdin_limit()));
  shared = image;
  return image;
}

// The tool that writes a dataset, for the hint when it is missing.
std::string writer_of(const std::string& dataset) {
  static const std::map<std::string, std::string> writers = {
      {"patches", "mae-patchify"},
      {"labels", "mae-patchify from class folders or a list with labels"},
      {"names", "mae-patchify"},
      {"class_names", "mae-patchify from class folders"},
      {"tokens", "mae-patchify with captions"},
      {"token_padding", "mae-patchify with captions"},
      {"mask", "mae-mask"},
      {"features", "mae-encode"},
      {"patch_features", "mae-encode --patches"},
      {"block_features", "mae-encode --blocks"},
      {"reconstruction", "mae-reconstruct"},
      {"error", "mae-reconstruct"}};
  const auto found = writers.find(dataset);
  return found == writers.end() ? "" : "it is written by " + found->second;
}

void read_rows(const ShardDataset& dataset, int64_t first, int64_t count, void* out,
               const std::string& where) {
  const size_t rank = dataset.info.shape.size();
  std::vector<hsize_t> start(rank, 0), size(dataset.info.shape.begin(), dataset.info.shape.end());
  start[0] = static_cast<hsize_t>(first);
  size[0] = static_cast<hsize_t>(count);
  const Hdf5Handle file_space(H5Dget_space(dataset.id.get()), H5Sclose);
  const Hdf5Handle memory_space(H5Screate_simple(static_cast<int>(rank), size.data(), nullptr),
                                H5Sclose);
  if (H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(),
                          nullptr) >= 0 &&
      H5Dread(dataset.id.get(), dataset.type.get(), memory_space.get(), file_space.get(),
              H5P_DEFAULT, out) >= 0) {
    return;
  }
  const Hdf5Failure failure = last_hdf5_failure();
  throw DataError("rows " + std::to_string(first) + " to " + std::to_string(first + count - 1) +
                      (failure.error_number != 0 ? " cannot be read: " : " are damaged: ") +
                      failure.reason,
                  where, "copy the file again or make it again");
}

}  // namespace

bool DatasetInfo::has_samples() const {
  return !dimensions.empty() && dimensions[0] == shard_format::kSampleDimension;
}

int64_t DatasetInfo::row_elements() const {
  return element_count({shape.begin() + 1, shape.end()}, name);
}

int64_t DatasetInfo::row_bytes() const {
  return is_text ? text_bytes : row_elements() * element_size(type);
}

struct ShardReader::State {
  ~State() {
    const Hdf5Lock lock;
    datasets.clear();
    file.close();
  }

  const ShardDataset& find(const std::string& name) const;
  void read(const ShardDataset& dataset, int64_t first, int64_t count, void* out) const;
  void for_each_chunk(const ShardDataset& dataset,
                      const std::function<void(const char*, int64_t)>& use) const;

  std::string path, shown_path;
  std::shared_ptr<const std::string> image;  // of standard input
  int64_t file_bytes = 0;
  Hdf5Handle file;
  std::vector<ShardDataset> datasets;
  std::vector<DatasetInfo> infos;
  ShardRoot root;
  std::string digest;
};

ShardReader::ShardReader(const std::string& path, ShardOrigin origin)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.path = path;
  state.shown_path = path == "-" ? "standard input" : path;
  if (path == "-") state.image = standard_input_image();
  if (origin == ShardOrigin::kElsewhere) {
    check_shard_in_child(path, state.shown_path, [&] {
      const ShardReader shard(path);
      if (input_policy().untrusted || !shard.is_ours()) shard.verify();
    });
  }
  if (path == "-") {
    state.file_bytes = static_cast<int64_t>(state.image->size());
    state.file = open_hdf5_image(*state.image, state.shown_path);
  } else {
    state.file = open_hdf5_file(path);
    state.file_bytes = InputFile(path).size();
  }
  const Hdf5Lock lock;
  state.root = read_shard_root(state.file.get(), state.file_bytes, state.shown_path);
  state.datasets = open_shard_datasets(state.file.get(), state.file_bytes, state.shown_path);
  for (const ShardDataset& dataset : state.datasets) state.infos.push_back(dataset.info);
}

ShardReader::~ShardReader() = default;
ShardReader::ShardReader(ShardReader&&) noexcept = default;
ShardReader& ShardReader::operator=(ShardReader&&) noexcept = default;

const std::string& ShardReader::path() const { return state_->shown_path; }

int64_t ShardReader::samples() const {
  for (const DatasetInfo& info : state_->infos) {
    if (info.has_samples()) return info.shape[0];
  }
  return 0;
}

const std::vector<DatasetInfo>& ShardReader::datasets() const { return state_->infos; }

bool ShardReader::has(const std::string& dataset) const {
  return std::any_of(state_->infos.begin(), state_->infos.end(),
                     [&](const auto& info) { return info.name == dataset; });
}

const DatasetInfo& ShardReader::info(const std::string& dataset) const {
  return state_->find(dataset).info;
}

void ShardReader::read(const std::string& dataset, int64_t first, int64_t count, void* out) const {
  const ShardDataset& found = state_->find(dataset);
  if (found.info.is_text) throw std::logic_error("dataset " + dataset + " is text; use read_text");
  if (first < 0 || count < 0 || first > found.info.shape[0] - count) {
    throw std::out_of_range("rows past the end of dataset " + dataset);
  }
  state_->read(found, first, count, out);
}

std::vector<std::string> ShardReader::read_text(const std::string& dataset) const {
  const ShardDataset& found = state_->find(dataset);
  if (!found.info.is_text) {
    throw DataError("holds " + element_name(found.info.type) + ", expected text",
                    state_->shown_path + ":/" + dataset);
  }
  std::vector<std::string> values;
  state_->for_each_chunk(found, [&](const char* rows, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const char* value = rows + i * found.info.text_bytes;
      values.emplace_back(value, std::find(value, value + found.info.text_bytes, '\0'));
    }
  });
  return values;
}

nlohmann::json ShardReader::provenance() const { return state_->root.provenance; }

int ShardReader::format_version() const { return state_->root.format_version; }

const std::string& ShardReader::digest() const {
  const Hdf5Lock lock;  // two threads may ask at once
  if (state_->digest.empty()) {
    state_->digest = state_->path == "-" ? digest_of(state_->image->data(), state_->image->size())
                                         : remembered_digest(state_->path);
  }
  return state_->digest;
}

bool ShardReader::is_ours() const {
  const nlohmann::json& provenance = state_->root.provenance;
  const bool names_a_tool = provenance.is_object() && provenance.contains("program") &&
                            provenance["program"].is_string() &&
                            starts_with(provenance["program"].get<std::string>(), "mae");
  return names_a_tool && state_->root.has_provenance_digest &&
         std::none_of(state_->datasets.begin(), state_->datasets.end(),
                      [](const ShardDataset& dataset) { return dataset.digest.empty(); });
}

void ShardReader::verify() const {
  for (const ShardDataset& dataset : state_->datasets) {
    Digest digest;
    state_->for_each_chunk(dataset, [&](const char* rows, int64_t count) {
      digest.update(rows, static_cast<size_t>(count * dataset.info.row_bytes()));
    });
    if (!dataset.digest.empty() && dataset.digest != digest.text()) {
      throw DataError("is damaged: its digest does not match",
                      state_->shown_path + ":/" + dataset.info.name,
                      "copy the file again or make it again");
    }
  }
}

const ShardDataset& ShardReader::State::find(const std::string& name) const {
  for (const ShardDataset& dataset : datasets) {
    if (dataset.info.name == name) return dataset;
  }
  throw DataError("has no dataset " + name, shown_path, writer_of(name));
}

void ShardReader::State::read(const ShardDataset& dataset, int64_t first, int64_t count,
                              void* out) const {
  const std::string where = shown_path + ":/" + dataset.info.name;
  char* next = static_cast<char*>(out);
  const int64_t end = first + count;
  while (first < end) {
    const int64_t chunk_start = first / dataset.chunk_rows * dataset.chunk_rows;
    const int64_t taken = std::min(end, chunk_start + dataset.chunk_rows) - first;
    const Hdf5Lock lock;  // taken anew for each chunk, so that other threads get their turn
    check_chunk(dataset, chunk_start, file_bytes, where);
    read_rows(dataset, first, taken, next, where);
    next += taken * dataset.info.row_bytes();
    first += taken;
  }
}

void ShardReader::State::for_each_chunk(
    const ShardDataset& dataset, const std::function<void(const char*, int64_t)>& use) const {
  const int64_t rows = dataset.info.shape[0];
  const int64_t at_once = std::min(dataset.chunk_rows, std::max<int64_t>(1, rows));
  std::vector<char> buffer(static_cast<size_t>(at_once * dataset.info.row_bytes()));
  for (int64_t first = 0; first < rows; first += at_once) {
    const int64_t count = std::min(at_once, rows - first);
    read(dataset, first, count, buffer.data());
    use(buffer.data(), count);
  }
}

}  // namespace mae
