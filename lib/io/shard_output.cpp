// A shard is created with metadata that carries checksums, without times, and with fletcher32 on
// every chunk.
#include "mae/io/shard_output.h"

#include <algorithm>
#include <cstring>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/io/hdf5_value.h"
#include "mae/io/shard_format.h"

namespace mae::shard_output {
namespace {

using namespace shard_format;

std::string dimensions_text(const DatasetSpec& spec, bool has_samples) {
  std::string text = has_samples ? kSampleDimension : kEntryDimension;
  for (const std::string& dimension : spec.dimensions) text += "," + dimension;
  return text;
}

}  // namespace

[[noreturn]] void fail_to_write(const std::string& path) {
  const Hdf5Failure failure = last_hdf5_failure();
  throw ResourceError(
      "cannot be written: " + failure.reason, path,
      lacks_file_handles(failure.error_number) ? file_handle_hint(failure.error_number)
      : failure.error_number != 0 ? "check the free space and the permissions of the output folder"
                                  : "");
}

Hdf5Handle create_file(const std::string& temporary_path, const std::string& path) {
  // V110 puts a checksum on all metadata. Times are off so that equal calls give equal bytes.
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  if (H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110) < 0 ||
      H5Pset_obj_track_times(creation.get(), false) < 0) {
    fail_to_write(path);
  }
  Hdf5Handle file(H5Fcreate(temporary_path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()),
                  H5Fclose);
  if (!file.valid()) fail_to_write(path);
  return file;
}

Hdf5Handle create_dataset(hid_t file, const std::string& name, hid_t type,
                          const std::vector<hsize_t>& shape, int64_t chunk_rows,
                          const std::string& path) {
  std::vector<hsize_t> chunk = shape;
  chunk[0] = static_cast<hsize_t>(chunk_rows);
  const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                         H5Sclose);
  const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data()) < 0 ||
      H5Pset_fletcher32(creation.get()) < 0 || H5Pset_obj_track_times(creation.get(), false) < 0) {
    fail_to_write(path);
  }
  Hdf5Handle dataset(
      H5Dcreate2(file, name.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
      H5Dclose);
  if (!dataset.valid()) fail_to_write(path);
  return dataset;
}

void write_rows(hid_t dataset, hid_t type, const void* data, int64_t first, int64_t rows,
                const std::string& path) {
  const Hdf5Handle file_space(H5Dget_space(dataset), H5Sclose);
  std::vector<hsize_t> count(kMaxRank + 1), start(kMaxRank + 1);
  const int rank = H5Sget_simple_extent_dims(file_space.get(), count.data(), nullptr);
  if (rank < 1) fail_to_write(path);
  start[0] = static_cast<hsize_t>(first);
  count[0] = static_cast<hsize_t>(rows);
  const Hdf5Handle memory_space(H5Screate_simple(rank, count.data(), nullptr), H5Sclose);
  if (H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                          nullptr) < 0 ||
      H5Dwrite(dataset, type, memory_space.get(), file_space.get(), H5P_DEFAULT, data) < 0) {
    fail_to_write(path);
  }
}

void write_attributes(hid_t dataset, const DatasetSpec& spec, bool has_samples,
                      const std::string& digest, const std::string& path) {
  for (const auto& [name, value] : spec.attributes.items())
    write_attribute(dataset, name, value, path);
  write_attribute(dataset, kDimensionsAttribute, dimensions_text(spec, has_samples), path);
  write_attribute(dataset, kDigestAttribute, digest, path);
}

void write_text(hid_t file, const DatasetSpec& spec, bool has_samples,
                const std::vector<std::string>& values, const std::string& path) {
  size_t longest = 1;
  for (const std::string& value : values) longest = std::max(longest, value.size());
  const Hdf5Handle type = hdf5_text_type(longest);
  const auto rows = static_cast<int64_t>(values.size());
  const int64_t rows_at_once = chunk_rows(static_cast<int64_t>(longest), rows);
  Hdf5Handle dataset =
      create_dataset(file, spec.name, type.get(), {static_cast<hsize_t>(rows)}, rows_at_once, path);
  Digest digest;
  for (int64_t first = 0; first < rows; first += rows_at_once) {
    const int64_t count = std::min(rows_at_once, rows - first);
    std::vector<char> packed(static_cast<size_t>(count) * longest, '\0');
    for (int64_t i = 0; i < count; ++i) {
      const std::string& value = values[static_cast<size_t>(first + i)];
      std::memcpy(packed.data() + static_cast<size_t>(i) * longest, value.data(), value.size());
    }
    digest.update(packed.data(), packed.size());
    write_rows(dataset.get(), type.get(), packed.data(), first, count, path);
  }
  write_attributes(dataset.get(), spec, has_samples, digest.text(), path);
  if (!dataset.close()) fail_to_write(path);
}

}  // namespace mae::shard_output
