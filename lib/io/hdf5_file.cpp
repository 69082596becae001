// Only superblock version 3 is let through: it is what checksummed metadata hangs on, and the older
// versions are where hostile files crash libhdf5.
#include "mae/io/hdf5_file.h"

#include <algorithm>
#include <cstring>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/input_file.h"
#include "mae/io/shard_reader.h"

namespace mae {
namespace {

constexpr char kSignature[] = "\x89HDF\r\n\x1a\n";
constexpr size_t kSignatureBytes = 8;
constexpr size_t kSuperblockBytes = 48;  // of version 3 with 8-byte offsets
constexpr char kMakeAgain[] = "copy it again or make it again";

uint64_t little_endian_u64(const std::string& bytes, size_t position) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[position + i]);
  return value;
}

void check_superblock(const std::string& head, uint64_t file_bytes, const std::string& where) {
  if (file_bytes == 0) throw DataError("is empty, expected a shard (HDF5)", where, kMakeAgain);
  const size_t compared = std::min(head.size(), kSignatureBytes);
  if (head.compare(0, compared, kSignature, compared) != 0) {
    throw DataError("is not an HDF5 file, expected a shard", where,
                    "mae-info tells what a file is");
  }
  if (head.size() < kSuperblockBytes)
    throw DataError("is truncated: only " + std::to_string(file_bytes) + " bytes are left", where,
                    kMakeAgain);
  const int version = static_cast<unsigned char>(head[8]);
  if (version != 3) {
    throw DataError(
        "is HDF5 with superblock version " + std::to_string(version) +
            ", expected 3: not a mae-shard",
        where,
        "shards come from the mae tools; in h5py open the file with libver=('v110', 'v110')");
  }
  constexpr uint64_t kUndefined = UINT64_MAX;
  if (head[9] != 8 || head[10] != 8 || little_endian_u64(head, 12) != 0 ||
      little_endian_u64(head, 20) != kUndefined) {
    throw DataError(
        "has HDF5 features that a shard does not use (offset sizes, user block or superblock "
        "extension)",
        where);
  }
  if (head[11] != 0)
    throw DataError("is incomplete: its writer did not close it", where, "make it again");
  const uint64_t end = little_endian_u64(head, 28);
  if (file_bytes < end) {
    throw DataError("is truncated: " + std::to_string(file_bytes) + " of " + std::to_string(end) +
                        " bytes are there",
                    where, kMakeAgain);
  }
  if (file_bytes > end) {
    throw DataError("is damaged: " + std::to_string(file_bytes - end) + " bytes follow its end",
                    where, kMakeAgain);
  }
}

Hdf5Handle open_checked(const char* name, hid_t access, const std::string& where) {
  Hdf5Handle file(H5Fopen(name, H5F_ACC_RDONLY, access), H5Fclose);
  if (file.valid()) return file;
  const Hdf5Failure failure = last_hdf5_failure();
  check_file_handles(failure.error_number, where);
  throw DataError("is damaged: " + failure.reason, where, kMakeAgain);
}

// The library would copy the image three times; these hand it our bytes instead.
void* lend_image(size_t, H5FD_file_image_op_t, void* image) { return image; }
void* keep_bytes(void* to, const void* from, size_t size, H5FD_file_image_op_t, void*) {
  return to == from ? to : std::memcpy(to, from, size);
}
void* refuse_growth(void*, size_t, H5FD_file_image_op_t, void*) { return nullptr; }
herr_t keep_image(void*, H5FD_file_image_op_t, void*) { return 0; }
void* same_user_data(void* image) { return image; }
herr_t keep_user_data(void*) { return 0; }

}  // namespace

Hdf5Handle open_hdf5_file(const std::string& path) {
  {
    const InputFile input(path);
    std::string head(std::min<size_t>(kSuperblockBytes, static_cast<size_t>(input.size())), '\0');
    input.read_exactly(0, head.data(), head.size());
    check_superblock(head, static_cast<uint64_t>(input.size()), path);
  }
  const Hdf5Lock lock;
  return open_checked(path.c_str(), H5P_DEFAULT, path);
}

Hdf5Handle open_hdf5_image(const std::string& image, const std::string& where) {
  check_superblock(image.substr(0, kSuperblockBytes), image.size(), where);
  const Hdf5Lock lock;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  void* bytes = const_cast<char*>(image.data());  // opened for reading only
  H5FD_file_image_callbacks_t callbacks = {
      lend_image, keep_bytes, refuse_growth, keep_image, same_user_data, keep_user_data, bytes};
  if (H5Pset_fapl_core(access.get(), size_t{1} << 20, false) < 0 ||
      H5Pset_file_image_callbacks(access.get(), &callbacks) < 0 ||
      H5Pset_file_image(access.get(), bytes, image.size()) < 0) {
    throw ResourceError("cannot be held in memory: " + last_hdf5_failure().reason, where);
  }
  return open_checked("standard-input.h5", access.get(), where);
}

bool is_hdf5_file(const std::string& path) {
  try {
    const InputFile input(path);
    char head[kSignatureBytes] = {};
    return input.read_some(0, head, sizeof(head)) == sizeof(head) &&
           std::memcmp(head, kSignature, sizeof(head)) == 0;
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace mae
