// The strict profile of a shard: what a file may contain before anything in it is read. Private to
// io.
#pragma once

#include <string>
#include <vector>

#include "mae/io/hdf5_handle.h"
#include "mae/io/shard_reader.h"

namespace mae {

/// A dataset that passed the profile.
struct ShardDataset {
  DatasetInfo info;
  Hdf5Handle id, type;
  int64_t chunk_rows = 0;    // rows of a chunk, which spans whole rows
  int64_t stored_bytes = 0;  // of each chunk in the file, with its checksum
  std::string digest;        // of all rows; empty when its writer left none
};

/// What the root group says.
struct ShardRoot {
  int format_version = 0;
  nlohmann::json provenance;
  bool has_provenance_digest = false;
};

/// Checks format, version and completeness, in this order. Throws DataError.
ShardRoot read_shard_root(hid_t file, int64_t file_bytes, const std::string& where);

/// Opens all datasets, sorted by name. Throws DataError at the first thing outside the profile:
/// soft and external links, groups, other layouts than chunks, external storage, other filters,
/// foreign types, sizes that the file cannot hold.
std::vector<ShardDataset> open_shard_datasets(hid_t file, int64_t file_bytes,
                                              const std::string& where);

/// Checks that the chunk of rows from `first_row` is stored, as large as it must be and not exempt
/// from its checksum. Throws DataError.
void check_chunk(const ShardDataset& dataset, int64_t first_row, int64_t file_bytes,
                 const std::string& where);

}  // namespace mae
