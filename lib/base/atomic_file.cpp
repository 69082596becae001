// The lock that keeps two writers of one output apart is flock() on the temporary file itself: it
// vanishes with the process that held it, so that nothing has to be cleaned up by hand and no
// process id has to be trusted.
#include "mae/base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/locked_file.h"
#include "mae/base/stream_copy.h"
#include "mae/base/temporary_registry.h"

namespace mae {
namespace {

bool is_below(const std::string& path, const std::string& folder) {
  return path.rfind(folder, 0) == 0;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

[[noreturn]] void fail_to_write(const std::string& path, int error_number) {
  throw ResourceError("cannot be written: " + system_reason(error_number), path,
                      error_number == ENOSPC || error_number == EDQUOT
                          ? "free some space or choose another disk"
                          : "");
}

// Whether `path` must be copied to because it is a stream or device, which a rename would replace
// by a plain file. Throws UsageError when it is no possible output at all.
bool is_stream(const std::string& path, Overwrite overwrite) {
  if (path == "-") return true;
  if (path.empty()) throw UsageError("the name is empty", "output");
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (path.back() == '/' || (exists && S_ISDIR(status.st_mode)))
    throw UsageError("is a folder, expected a file name", path);
  if (is_below(path, "/dev/") || is_below(path, "/proc/")) return true;
  if (exists && !S_ISREG(status.st_mode)) return true;
  struct stat link {};
  if (overwrite == Overwrite::kRefuse && ::lstat(path.c_str(), &link) == 0) {
    throw UsageError("already exists", path, "remove it, or leave out --no-clobber");
  }
  return false;
}

void sync_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // Else a folder we may write but not list; the rename itself has happened.
  if (descriptor < 0) return check_file_handles(errno, path);
  const int result = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  // Some network file systems cannot sync a folder and say EINVAL.
  if (result != 0 && error_number != EINVAL && error_number != ENOTSUP)
    fail_to_write(path, error_number);
}

// rename() that refuses to replace; on file systems without it, a check just before.
int rename_without_replacing(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  struct stat status {};
  if (::lstat(to.c_str(), &status) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from.c_str(), to.c_str());
}

}  // namespace

AtomicFile::AtomicFile(std::string path, Overwrite overwrite)
    : path_(std::move(path)), overwrite_(overwrite) {
  copies_ = is_stream(path_, overwrite);
  LockedFile file =
      copies_ ? create_locked_in_temporary_folder(path_) : create_locked_beside(path_);
  temporary_path_ = std::move(file.path);
  descriptor_ = file.descriptor;
  registry_slot_ = register_temporary(temporary_path_);
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::write(std::string_view bytes) {
  write_all(descriptor_, bytes.data(), bytes.size(), path_);
}

void AtomicFile::commit() {
  try {
    copies_ ? copy_to_destination() : rename_into_place();
  } catch (...) {
    discard();
    throw;
  }
}

void AtomicFile::rename_into_place() {
  if (::fsync(descriptor_) != 0) fail_to_write(path_, errno);
  if (!is_same_file(descriptor_, temporary_path_)) {
    throw ResourceError("its temporary file was removed or replaced while it was being written",
                        path_, "another process may be writing the same output");
  }
  const int result = overwrite_ == Overwrite::kRefuse
                         ? rename_without_replacing(temporary_path_, path_)
                         : ::rename(temporary_path_.c_str(), path_.c_str());
  if (result != 0 && errno == EEXIST && overwrite_ == Overwrite::kRefuse) {
    throw UsageError("appeared while it was being written", path_,
                     "remove it, or leave out --no-clobber");
  }
  if (result != 0) fail_to_write(path_, errno);
  unregister_temporary(std::exchange(registry_slot_, -1));
  temporary_path_.clear();
  ::close(std::exchange(descriptor_,
                        -1));  // after fsync nothing can be lost here; this releases the lock
  sync_folder(path_);
}

void AtomicFile::copy_to_destination() {
  if (path_ == "-") {
    copy_to_stream(descriptor_, STDOUT_FILENO, "standard output");
  } else {
    const int destination = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (destination < 0) fail_to_write(path_, errno);
    try {
      copy_to_stream(descriptor_, destination, path_);
    } catch (...) {
      ::close(destination);
      throw;
    }
    if (::close(destination) != 0) fail_to_write(path_, errno);
  }
  discard();
}

void AtomicFile::discard() noexcept {
  if (descriptor_ < 0) return;
  ::unlink(temporary_path_.c_str());  // before the lock is released
  unregister_temporary(std::exchange(registry_slot_, -1));
  ::close(std::exchange(descriptor_, -1));
}

void write_file_atomically(const std::string& path, std::string_view bytes, Overwrite overwrite) {
  AtomicFile file(path, overwrite);
  file.write(bytes);
  file.commit();
}

void make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw ResourceError("folder cannot be made: " + system_reason(error.value()), path);
  if (!std::filesystem::is_directory(path, error))
    throw ResourceError("exists but is not a folder", path);
}

}  // namespace mae
