// The HDF5 calls that write a shard, each with its return value checked. The Hdf5Lock must be held.
// Private to io.
#pragma once

#include <string>
#include <vector>

#include "mae/io/hdf5_handle.h"
#include "mae/io/shard_writer.h"

namespace mae::shard_output {

/// Throws ResourceError with the reason of the last failed HDF5 call; `path` is the output as the
/// user knows it.
[[noreturn]] void fail_to_write(const std::string& path);

Hdf5Handle create_file(const std::string& temporary_path, const std::string& path);

/// A chunked, checksummed dataset of `shape` with `chunk_rows` whole rows a chunk.
Hdf5Handle create_dataset(hid_t file, const std::string& name, hid_t type,
                          const std::vector<hsize_t>& shape, int64_t chunk_rows,
                          const std::string& path);

/// Writes rows [first, first + rows) from packed memory.
void write_rows(hid_t dataset, hid_t type, const void* data, int64_t first, int64_t rows,
                const std::string& path);

/// The attributes of `spec`, the names of the dimensions and the digest of the rows.
void write_attributes(hid_t dataset, const DatasetSpec& spec, bool has_samples,
                      const std::string& digest, const std::string& path);

/// Creates and writes a whole text dataset; the stored length is that of the longest value.
void write_text(hid_t file, const DatasetSpec& spec, bool has_samples,
                const std::vector<std::string>& values, const std::string& path);

}  // namespace mae::shard_output
