// Stands in for lib/io/shard_writer.cpp in the programs that tests/bench/costs compares ours with:
// the same rows, chunks and attributes in HDF5's default format, and nothing of what makes a shard
// safe: no checksums, digests, temporary name, lock, flush, reading back or fsync.
#include <utility>

#include "mae/base/error.h"
#include "mae/io/hdf5_value.h"
#include "mae/io/shard_format.h"
#include "mae/io/shard_output.h"
#include "mae/io/shard_writer.h"

namespace mae {
namespace {

struct Dataset {
  DatasetSpec spec;
  Hdf5Handle id, type;
  int64_t row_bytes = 0, chunk_rows = 0, written = 0;
  std::vector<char> waiting;  // fewer rows than a chunk
};

Hdf5Handle create(hid_t file, const std::string& name, hid_t type,
                  const std::vector<hsize_t>& shape, int64_t chunk_rows) {
  std::vector<hsize_t> chunk = shape;
  chunk[0] = static_cast<hsize_t>(chunk_rows);
  const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                         H5Sclose);
  const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
  return {
      H5Dcreate2(file, name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
      H5Dclose};
}

}  // namespace

struct ShardWriter::State {
  ~State() {
    const Hdf5Lock lock;
    datasets.clear();
    file.close();
  }
  Dataset& at(const std::string& name) {
    for (Dataset& dataset : datasets)
      if (dataset.spec.name == name) return dataset;
    throw DataError("no such dataset", name);
  }
  void write(Dataset& dataset, const char* data, int64_t rows) {
    const Hdf5Lock lock;
    shard_output::write_rows(dataset.id.get(), dataset.type.get(), data, dataset.written, rows,
                             path);
    dataset.written += rows;
  }
  void write_text(const std::string& name, const std::vector<std::string>& values) {
    size_t longest = 1;
    for (const std::string& value : values) longest = std::max(longest, value.size());
    std::vector<char> packed(values.size() * longest);
    for (size_t i = 0; i < values.size(); ++i)
      values[i].copy(packed.data() + i * longest, values[i].size());
    const Hdf5Handle type = hdf5_text_type(longest);
    const auto rows = static_cast<int64_t>(values.size());
    const Hdf5Handle id = create(file.get(), name, type.get(), {values.size()},
                                 shard_format::chunk_rows(static_cast<int64_t>(longest), rows));
    shard_output::write_rows(id.get(), type.get(), packed.data(), 0, rows, path);
  }

  std::string path;
  Hdf5Handle file;
  std::vector<Dataset> datasets;
  std::vector<std::pair<std::string, std::vector<std::string>>> text;
};

ShardWriter::ShardWriter(const std::string& path, int64_t rows, std::vector<DatasetSpec> datasets,
                         Overwrite)
    : state_(std::make_unique<State>()) {
  const Hdf5Lock lock;
  state_->path = path;
  state_->file =
      Hdf5Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  for (DatasetSpec& spec : datasets) {
    if (spec.is_text) {
      state_->text.emplace_back(spec.name, std::vector<std::string>{});
      continue;
    }
    Dataset dataset;
    dataset.type = hdf5_type(spec.type);
    dataset.row_bytes = element_count(spec.sample_shape, spec.name) * element_size(spec.type);
    dataset.chunk_rows = shard_format::chunk_rows(dataset.row_bytes, rows);
    std::vector<hsize_t> shape = {static_cast<hsize_t>(rows)};
    shape.insert(shape.end(), spec.sample_shape.begin(), spec.sample_shape.end());
    dataset.id =
        create(state_->file.get(), spec.name, dataset.type.get(), shape, dataset.chunk_rows);
    dataset.spec = std::move(spec);
    state_->datasets.push_back(std::move(dataset));
  }
}

ShardWriter::~ShardWriter() = default;

void ShardWriter::append(const std::string& name, const void* data, int64_t rows) {
  Dataset& dataset = state_->at(name);
  const char* next = static_cast<const char*>(data);
  const int64_t chunk = dataset.chunk_rows * dataset.row_bytes;
  for (int64_t left = rows * dataset.row_bytes; left > 0;) {
    if (dataset.waiting.empty() && left >= chunk) {
      state_->write(dataset, next, dataset.chunk_rows);
      next += chunk;
      left -= chunk;
      continue;
    }
    const int64_t taken = std::min(left, chunk - static_cast<int64_t>(dataset.waiting.size()));
    dataset.waiting.insert(dataset.waiting.end(), next, next + taken);
    next += taken;
    left -= taken;
    if (static_cast<int64_t>(dataset.waiting.size()) < chunk) continue;
    state_->write(dataset, dataset.waiting.data(), dataset.chunk_rows);
    dataset.waiting.clear();
  }
}

void ShardWriter::append_text(const std::string& name, const std::vector<std::string>& values) {
  for (auto& [known, kept] : state_->text)
    if (known == name) kept.insert(kept.end(), values.begin(), values.end());
}

void ShardWriter::write_text(const std::string& name, const std::vector<std::string>& values) {
  state_->text.emplace_back(name, values);
}

void ShardWriter::set_attribute(const std::string& name, const std::string& attribute,
                                const nlohmann::json& value) {
  for (Dataset& dataset : state_->datasets)
    if (dataset.spec.name == name) dataset.spec.attributes[attribute] = value;
}

void ShardWriter::commit(const Provenance& provenance) {
  const Hdf5Lock lock;
  for (Dataset& dataset : state_->datasets) {
    const auto rows = static_cast<int64_t>(dataset.waiting.size()) / dataset.row_bytes;
    if (rows > 0) state_->write(dataset, dataset.waiting.data(), rows);
    for (const auto& [name, value] : dataset.spec.attributes.items())
      write_attribute(dataset.id.get(), name, value, state_->path);
  }
  for (const auto& [name, values] : state_->text) state_->write_text(name, values);
  write_attribute(state_->file.get(), "provenance", provenance.to_json(), state_->path);
  state_->datasets.clear();
  state_->file.close();
}

}  // namespace mae
