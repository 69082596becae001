// Every return value of HDF5 counts here: a full disk shows first in a failed chunk, a flush or
// only in a close, and the file may still open. What was written is therefore read back before it
// gets its name.
#include "mae/io/shard_writer.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "mae/base/digest.h"
#include "mae/base/disk_space.h"
#include "mae/base/error.h"
#include "mae/io/hdf5_value.h"
#include "mae/io/shard_format.h"
#include "mae/io/shard_output.h"
#include "mae/io/shard_reader.h"

namespace mae {
namespace {

using namespace shard_format;
using namespace shard_output;

// A numeric dataset in the making. Rows wait in `buffer` until they fill a chunk, so that HDF5
// never reads one back.
struct NumericDataset {
  DatasetSpec spec;
  Hdf5Handle id, type;
  int64_t row_bytes = 0, chunk_rows = 0, capacity = 0;
  int64_t written = 0, buffered = 0;
  std::vector<char> buffer;
  Digest digest;
};

// Text waits until commit: its fixed length is that of the longest value.
struct TextDataset {
  DatasetSpec spec;
  bool has_samples = true;
  std::vector<std::string> values;
};

template <typename List>
auto find_dataset(List& list, const std::string& name) {
  return std::find_if(list.begin(), list.end(),
                      [&](const auto& item) { return item.spec.name == name; });
}

void check_text(const std::string& dataset, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (value.find('\0') != std::string::npos)
      throw DataError("contains a zero byte", dataset + " \"" + value + "\"");
  }
}

NumericDataset describe(DatasetSpec spec, int64_t rows) {
  NumericDataset dataset;
  dataset.type = hdf5_type(spec.type);
  if (!dataset.type.valid()) {
    throw UsageError("shards cannot hold " + element_name(spec.type), spec.name,
                     "use float16 or float32");
  }
  if (spec.sample_shape.size() + 1 > static_cast<size_t>(kMaxRank))
    throw std::logic_error(spec.name + " has too many dimensions");
  for (size_t i = spec.dimensions.size(); i < spec.sample_shape.size(); ++i) {
    spec.dimensions.push_back("axis" + std::to_string(i + 1));
  }
  if (spec.dimensions.size() != spec.sample_shape.size()) {
    throw std::logic_error(spec.name + " has more names of dimensions than dimensions");
  }
  dataset.row_bytes = element_count(spec.sample_shape, spec.name) * element_size(spec.type);
  if (dataset.row_bytes < 1 || dataset.row_bytes > kMaxChunkBytes) {
    throw UsageError("one sample has " + std::to_string(dataset.row_bytes) +
                         " bytes, expected 1 to " + std::to_string(kMaxChunkBytes),
                     spec.name);
  }
  dataset.capacity = rows;
  dataset.chunk_rows = chunk_rows(dataset.row_bytes, rows);
  dataset.spec = std::move(spec);
  return dataset;
}

}  // namespace

struct ShardWriter::State {
  State(const std::string& path, Overwrite overwrite) : output(path, overwrite) {}
  ~State() {
    const Hdf5Lock lock;
    numeric.clear();
    file.close();
  }

  void write(NumericDataset& dataset, const char* data, int64_t rows);
  void flush(NumericDataset& dataset);
  void finish(NumericDataset& dataset);
  void check_rows() const;
  void write_root(const Provenance& provenance);
  void close_file();
  void read_back() const;

  AtomicFile output;
  Hdf5Handle file;
  std::vector<NumericDataset> numeric;
  std::vector<TextDataset> text;
};

ShardWriter::ShardWriter(const std::string& path, int64_t rows, std::vector<DatasetSpec> datasets,
                         Overwrite overwrite) {
  if (path == "-" && ::isatty(STDOUT_FILENO) == 1) {
    throw UsageError("is a terminal, which a shard would garble", "standard output",
                     "pipe it on, or give -o FILE");
  }
  const Hdf5Lock lock;
  state_ = std::make_unique<State>(path, overwrite);
  int64_t bytes = 0;
  for (DatasetSpec& spec : datasets) {
    if (spec.is_text) {
      state_->text.push_back({std::move(spec), true, {}});
    } else {
      state_->numeric.push_back(describe(std::move(spec), rows));
      bytes += state_->numeric.back().row_bytes * rows;
    }
  }
  require_free_space(state_->output.temporary_path(), bytes, path);
  state_->file = create_file(state_->output.temporary_path(), path);
  for (NumericDataset& dataset : state_->numeric) {
    std::vector<hsize_t> shape = {static_cast<hsize_t>(rows)};
    for (const int64_t dimension : dataset.spec.sample_shape)
      shape.push_back(static_cast<hsize_t>(dimension));
    dataset.id = create_dataset(state_->file.get(), dataset.spec.name, dataset.type.get(), shape,
                                dataset.chunk_rows, path);
  }
}

ShardWriter::~ShardWriter() = default;

void ShardWriter::append(const std::string& dataset, const void* data, int64_t rows) {
  const auto found = find_dataset(state_->numeric, dataset);
  if (found == state_->numeric.end())
    throw std::logic_error("shard has no numeric dataset " + dataset);
  if (found->written + found->buffered + rows > found->capacity) {
    throw std::logic_error("dataset " + dataset +
                           " was declared with fewer rows than were appended");
  }
  found->digest.update(data, static_cast<size_t>(rows * found->row_bytes));
  const char* next = static_cast<const char*>(data);
  while (rows > 0) {
    if (found->buffered == 0 && rows >= found->chunk_rows) {  // whole chunks go without a copy
      state_->write(*found, next, found->chunk_rows);
      next += found->chunk_rows * found->row_bytes;
      rows -= found->chunk_rows;
      continue;
    }
    const int64_t taken = std::min(rows, found->chunk_rows - found->buffered);
    found->buffer.insert(found->buffer.end(), next, next + taken * found->row_bytes);
    found->buffered += taken;
    next += taken * found->row_bytes;
    rows -= taken;
    if (found->buffered == found->chunk_rows) state_->flush(*found);
  }
}

void ShardWriter::append_text(const std::string& dataset, const std::vector<std::string>& values) {
  const auto found = find_dataset(state_->text, dataset);
  if (found == state_->text.end()) throw std::logic_error("shard has no text dataset " + dataset);
  check_text(dataset, values);
  found->values.insert(found->values.end(), values.begin(), values.end());
}

void ShardWriter::write_text(const std::string& dataset, const std::vector<std::string>& values) {
  check_text(dataset, values);
  DatasetSpec spec;
  spec.name = dataset;
  spec.is_text = true;
  state_->text.push_back({std::move(spec), false, values});
}

void ShardWriter::set_attribute(const std::string& dataset, const std::string& name,
                                const nlohmann::json& value) {
  const auto number = find_dataset(state_->numeric, dataset);
  const auto text = find_dataset(state_->text, dataset);
  if (number == state_->numeric.end() && text == state_->text.end()) {
    throw std::logic_error("shard has no dataset " + dataset);
  }
  (number != state_->numeric.end() ? number->spec : text->spec).attributes[name] = value;
}

void ShardWriter::commit(const Provenance& provenance) {
  {
    const Hdf5Lock lock;
    state_->check_rows();
    for (NumericDataset& dataset : state_->numeric) state_->finish(dataset);
    for (const TextDataset& text : state_->text)
      shard_output::write_text(state_->file.get(), text.spec, text.has_samples, text.values,
                               state_->output.path());
    state_->write_root(provenance);
    state_->close_file();
  }
  state_->read_back();
  state_->output.commit();
}

void ShardWriter::State::write(NumericDataset& dataset, const char* data, int64_t rows) {
  const Hdf5Lock lock;
  write_rows(dataset.id.get(), dataset.type.get(), data, dataset.written, rows, output.path());
  dataset.written += rows;
}

void ShardWriter::State::flush(NumericDataset& dataset) {
  if (dataset.buffered == 0) return;
  write(dataset, dataset.buffer.data(), dataset.buffered);
  dataset.buffered = 0;
  dataset.buffer.clear();
}

void ShardWriter::State::finish(NumericDataset& dataset) {
  flush(dataset);
  if (dataset.written < dataset.capacity) {  // fewer came than were announced
    std::vector<hsize_t> shape = {static_cast<hsize_t>(dataset.written)};
    for (const int64_t dimension : dataset.spec.sample_shape)
      shape.push_back(static_cast<hsize_t>(dimension));
    if (H5Dset_extent(dataset.id.get(), shape.data()) < 0) fail_to_write(output.path());
  }
  write_attributes(dataset.id.get(), dataset.spec, true, dataset.digest.text(), output.path());
  if (!dataset.id.close()) fail_to_write(output.path());
}

void ShardWriter::State::check_rows() const {
  int64_t samples = -1;
  const auto check = [&](const std::string& name, int64_t rows) {
    if (samples >= 0 && rows != samples) {
      throw std::logic_error("dataset " + name + " has " + std::to_string(rows) +
                             " rows, others have " + std::to_string(samples));
    }
    samples = rows;
  };
  for (const NumericDataset& dataset : numeric)
    check(dataset.spec.name, dataset.written + dataset.buffered);
  for (const TextDataset& dataset : text) {
    if (dataset.has_samples) check(dataset.spec.name, static_cast<int64_t>(dataset.values.size()));
  }
}

void ShardWriter::State::write_root(const Provenance& provenance) {
  const std::string json = provenance.to_json();
  write_attribute(file.get(), kFormatAttribute, kFormat, output.path());
  write_attribute(file.get(), kVersionAttribute, kVersion, output.path());
  // Attributes past 64 KiB lie in a heap without checksum, so the text brings its own.
  write_attribute(file.get(), kProvenanceAttribute, json, output.path());
  write_attribute(file.get(), kProvenanceDigestAttribute, digest_of(json.data(), json.size()),
                  output.path());
  if (H5Fflush(file.get(), H5F_SCOPE_GLOBAL) < 0) fail_to_write(output.path());
  write_attribute(file.get(), kCompleteAttribute, 1, output.path());
}

void ShardWriter::State::close_file() {
  if (H5Fflush(file.get(), H5F_SCOPE_GLOBAL) < 0) fail_to_write(output.path());
  if (!file.close()) fail_to_write(output.path());
}

void ShardWriter::State::read_back() const {
  try {
    ShardReader(output.temporary_path(), ShardOrigin::kThisProcess).verify();
  } catch (const DataError& error) {
    throw ResourceError(std::string("cannot be read back after writing: ") + error.what(),
                        output.path(), "the disk may be full or failing");
  }
}

}  // namespace mae
