// An HDF5 file can name other files, run plug-ins and claim any size. What the format does not need
// is refused here, and links are looked at before they are followed.
#include "mae/io/shard_profile.h"

#include <algorithm>
#include <set>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/io/hdf5_value.h"
#include "mae/io/json_text.h"
#include "mae/io/shard_format.h"

namespace mae {
namespace {

using namespace shard_format;

constexpr hsize_t kMaxDatasets = 1000;

[[noreturn]] void refuse(const std::string& what, const std::string& where,
                         const std::string& hint = "") {
  throw DataError(what, where, hint);
}

[[noreturn]] void refuse_damaged(const std::string& where) {
  refuse("is damaged: " + last_hdf5_failure().reason, where, "copy it again or make it again");
}

int64_t root_integer(hid_t file, const char* name, int64_t file_bytes, const std::string& where) {
  const nlohmann::json value = read_attribute(file, name, file_bytes, where);
  if (!value.is_number_integer())
    refuse(std::string("attribute ") + name + " is not an integer", where);
  return value.get<int64_t>();
}

std::string link_name(hid_t file, hsize_t index, const std::string& where) {
  char name[1024];
  const ssize_t size = H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, index, name,
                                          sizeof(name), H5P_DEFAULT);
  if (size < 0) refuse_damaged(where);
  if (size >= static_cast<ssize_t>(sizeof(name)))
    refuse("has a dataset name of " + std::to_string(size) + " bytes", where);
  return name;
}

// libhdf5 1.10 reports a damaged continuation of an object header only to the call that meets it
// first; for later ones, links and attributes in it are simply not there. This one reads them all.
void check_header(hid_t file, const char* name, const std::string& where) {
  H5O_info_t info{};
  if (H5Oget_info_by_name2(file, name, &info, H5O_INFO_ALL, H5P_DEFAULT) < 0) refuse_damaged(where);
}

Hdf5Handle open_dataset(hid_t file, const std::string& name, const std::string& where) {
  H5L_info_t link{};
  if (H5Lget_info(file, name.c_str(), &link, H5P_DEFAULT) < 0) refuse_damaged(where);
  if (link.type != H5L_TYPE_HARD)
    refuse("is a soft or external link; a shard holds its own data", where);
  check_header(file, name.c_str(), where);
  Hdf5Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object.valid()) refuse_damaged(where);
  if (H5Iget_type(object.get()) != H5I_DATASET)
    refuse("is not a dataset; a shard has datasets only", where);
  return object;
}

struct Storage {
  std::vector<hsize_t> chunk;
  bool has_checksum = false;
};

Storage checked_storage(hid_t dataset, int rank, const std::string& where) {
  const Hdf5Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  if (!creation.valid()) refuse_damaged(where);
  if (H5Pget_layout(creation.get()) != H5D_CHUNKED || H5Pget_external_count(creation.get()) != 0) {
    refuse("is not stored in chunks inside the file (but contiguous, compact, external or virtual)",
           where, "in h5py create it with chunks=(rows, ...) and fletcher32=True");
  }
  Storage storage;
  storage.chunk.resize(static_cast<size_t>(rank));
  if (H5Pget_chunk(creation.get(), rank, storage.chunk.data()) != rank) refuse_damaged(where);
  const int filters = H5Pget_nfilters(creation.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, config = 0;
    size_t values = 0;
    char name[64] = {};
    const H5Z_filter_t filter = H5Pget_filter2(creation.get(), static_cast<unsigned>(i), &flags,
                                               &values, nullptr, sizeof(name), name, &config);
    if (filter != H5Z_FILTER_FLETCHER32) {
      // Compressed chunks are out of the profile: libhdf5 1.10 reads past the end of one that
      // inflates to less than its size, and crashes.
      refuse("is compressed or filtered (HDF5 filter " + std::to_string(filter) +
                 "); shards use fletcher32 only",
             where, "write it without compression");
    }
    storage.has_checksum = true;
  }
  return storage;
}

// Fills type, is_text and text_bytes.
void check_type(ShardDataset& dataset, const std::string& where) {
  dataset.type = Hdf5Handle(H5Dget_type(dataset.id.get()), H5Tclose);
  if (!dataset.type.valid()) refuse_damaged(where);
  DatasetInfo& info = dataset.info;
  if (H5Tget_class(dataset.type.get()) == H5T_STRING &&
      H5Tis_variable_str(dataset.type.get()) == 0) {
    info.is_text = true;
    info.text_bytes = static_cast<int64_t>(H5Tget_size(dataset.type.get()));
    if (info.shape.size() != 1) refuse("is text of more than one dimension", where);
    return;
  }
  const auto element = element_type_of(dataset.type.get());
  if (!element) {
    refuse("has an element type that shards do not use", where,
           "use little-endian integers of 8 to 64 bits, float16, float32, float64 or strings of "
           "fixed length");
  }
  info.type = *element;
}

std::vector<int64_t> checked_shape(hid_t dataset, const std::string& where) {
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0) refuse_damaged(where);
  if (rank < 1 || rank > kMaxRank)
    refuse("has " + std::to_string(rank) + " dimensions, expected 1 to 8", where);
  std::vector<hsize_t> dims(static_cast<size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
  std::vector<int64_t> shape;
  for (const hsize_t dimension : dims) shape.push_back(static_cast<int64_t>(dimension));
  if (element_count(shape, where) == 0 && shape[0] != 0)
    refuse("has shape " + shape_text(shape), where);
  return shape;
}

// Fills chunk_rows and stored_bytes; sizes the file cannot hold are found here, before anything is
// allocated.
void check_sizes(ShardDataset& dataset, const Storage& storage, int64_t file_bytes,
                 const std::string& where) {
  const DatasetInfo& info = dataset.info;
  for (size_t i = 1; i < info.shape.size(); ++i) {
    if (static_cast<int64_t>(storage.chunk[i]) != info.shape[i]) {
      refuse("has chunks that cut samples apart; expected chunks of whole samples", where);
    }
  }
  const int64_t row_bytes = info.row_bytes();
  dataset.chunk_rows = static_cast<int64_t>(storage.chunk[0]);
  int64_t chunk_bytes = 0, total = 0;
  if (__builtin_mul_overflow(row_bytes, dataset.chunk_rows, &chunk_bytes) ||
      chunk_bytes > kMaxChunkBytes) {
    refuse("has chunks of more than 64 MiB", where);
  }
  if (__builtin_mul_overflow(row_bytes, info.shape[0], &total) || total > file_bytes) {
    refuse("claims shape " + shape_text(info.shape) + ", more than the file can hold", where);
  }
  dataset.stored_bytes = chunk_bytes + (storage.has_checksum ? 4 : 0);
}

std::vector<std::string> split_dimensions(const std::string& text) {
  std::vector<std::string> names(1);
  for (const char c : text) {
    if (c == ',') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  return names;
}

void read_attributes(ShardDataset& dataset, int64_t file_bytes, const std::string& where) {
  DatasetInfo& info = dataset.info;
  info.attributes = nlohmann::json::object();
  info.dimensions.assign(info.shape.size(), "");
  info.dimensions[0] = kSampleDimension;  // files of other writers may leave the names out
  for (const std::string& name : attribute_names(dataset.id.get(), where)) {
    nlohmann::json value = read_attribute(dataset.id.get(), name, file_bytes, where);
    if (name == kDigestAttribute && value.is_string()) {
      dataset.digest = value.get<std::string>();
    } else if (name == kDimensionsAttribute && value.is_string()) {
      info.dimensions = split_dimensions(value.get<std::string>());
    } else {
      info.attributes[name] = std::move(value);
    }
  }
  if (info.dimensions.size() != info.shape.size()) {
    refuse("names " + std::to_string(info.dimensions.size()) + " dimensions but has " +
               std::to_string(info.shape.size()),
           where);
  }
}

ShardDataset open_shard_dataset(hid_t file, const std::string& name, int64_t file_bytes,
                                const std::string& where) {
  ShardDataset dataset;
  dataset.info.name = name;
  dataset.id = open_dataset(file, name, where);
  dataset.info.shape = checked_shape(dataset.id.get(), where);
  const Storage storage =
      checked_storage(dataset.id.get(), static_cast<int>(dataset.info.shape.size()), where);
  check_type(dataset, where);
  check_sizes(dataset, storage, file_bytes, where);
  read_attributes(dataset, file_bytes, where);
  return dataset;
}

}  // namespace

ShardRoot read_shard_root(hid_t file, int64_t file_bytes, const std::string& where) {
  check_header(file, ".", where);
  if (H5Aexists(file, kFormatAttribute) == 0) {
    refuse("is an HDF5 file, but not a shard: it has no attribute format", where,
           "shards come from the mae tools");
  }
  const nlohmann::json format = read_attribute(file, kFormatAttribute, file_bytes, where);
  if (format != kFormat)
    refuse("has format " + format.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
               ", expected \"mae-shard\"",
           where);
  const int64_t version = root_integer(file, kVersionAttribute, file_bytes, where);
  if (version > kVersion) {
    refuse("was written by a newer version, format " + std::to_string(version) +
               "; this program reads up to " + std::to_string(kVersion),
           where, "update the mae tools");
  }
  if (version < 1) refuse("has format_version " + std::to_string(version) + ", expected 1", where);
  if (H5Aexists(file, kCompleteAttribute) == 0 ||
      root_integer(file, kCompleteAttribute, file_bytes, where) != 1) {
    refuse("is incomplete: its writer did not finish", where, "make it again");
  }
  ShardRoot root;
  root.format_version = static_cast<int>(version);
  if (H5Aexists(file, kProvenanceAttribute) == 0) return root;
  const nlohmann::json text = read_attribute(file, kProvenanceAttribute, file_bytes, where);
  if (!text.is_string()) refuse("attribute provenance is not text", where);
  const auto& json = text.get_ref<const std::string&>();
  root.has_provenance_digest = H5Aexists(file, kProvenanceDigestAttribute) > 0;
  if (root.has_provenance_digest &&
      read_attribute(file, kProvenanceDigestAttribute, file_bytes, where) !=
          digest_of(json.data(), json.size())) {
    refuse("is damaged: the digest of its provenance does not match", where,
           "copy it again or make it again");
  }
  root.provenance = parse_json(json, where + ": attribute provenance");
  return root;
}

std::vector<ShardDataset> open_shard_datasets(hid_t file, int64_t file_bytes,
                                              const std::string& where) {
  H5G_info_t group{};
  if (H5Gget_info(file, &group) < 0) refuse_damaged(where);
  if (group.nlinks > kMaxDatasets)
    refuse("has " + std::to_string(group.nlinks) + " datasets, at most 1000 are read", where);
  std::vector<ShardDataset> datasets;
  for (hsize_t i = 0; i < group.nlinks; ++i) {
    const std::string name = link_name(file, i, where);
    datasets.push_back(open_shard_dataset(file, name, file_bytes, where + ":/" + name));
  }
  const ShardDataset* first = nullptr;
  for (const ShardDataset& dataset : datasets) {
    if (!dataset.info.has_samples()) continue;
    if (first == nullptr) first = &dataset;
    if (dataset.info.shape[0] != first->info.shape[0]) {
      refuse("has " + std::to_string(dataset.info.shape[0]) + " samples, but /" + first->info.name +
                 " has " + std::to_string(first->info.shape[0]),
             where + ":/" + dataset.info.name);
    }
  }
  return datasets;
}

void check_chunk(const ShardDataset& dataset, int64_t first_row, int64_t file_bytes,
                 const std::string& where) {
  std::vector<hsize_t> offset(dataset.info.shape.size(), 0);
  offset[0] = static_cast<hsize_t>(first_row);
  unsigned skipped_filters = 0;
  haddr_t address = HADDR_UNDEF;
  hsize_t size = 0;
  const std::string rows = "rows from " + std::to_string(first_row);
  if (H5Dget_chunk_info_by_coord(dataset.id.get(), offset.data(), &skipped_filters, &address,
                                 &size) < 0) {
    refuse(rows + " are damaged: " + last_hdf5_failure().reason, where, "make the file again");
  }
  if (address == HADDR_UNDEF || size == 0)
    refuse(rows + " are missing", where, "make the file again");
  const auto bytes = static_cast<uint64_t>(file_bytes);
  if (skipped_filters != 0 || size > bytes || address > bytes - size ||
      size != static_cast<hsize_t>(dataset.stored_bytes)) {
    refuse(rows + " are damaged: their place in the file is not possible", where,
           "make the file again");
  }
}

}  // namespace mae
