// Create, lock, and look again: between open() and flock() another process may have taken the file
// for a dead one's and removed it, so a lock counts only when the name still leads to the locked
// file.
#include "mae/base/locked_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/random_stream.h"
#include "mae/base/stale_files.h"
#include "mae/base/text.h"

namespace mae {
namespace {

constexpr int kOpenFlags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
constexpr char kStreamPrefix[] = "mae-stream-";

[[noreturn]] void fail_to_create(const std::string& final_path, int error_number) {
  std::string hint = file_handle_hint(error_number);
  if (error_number == ENOENT || error_number == ENOTDIR) hint = "make its folder first";
  if (error_number == EACCES || error_number == EROFS) hint = "choose a folder that can be written";
  throw ResourceError("cannot be created: " + system_reason(error_number), final_path, hint);
}

// Returns true when locked, or when the file system has no locks; false when another open file
// holds it.
bool lock(int descriptor) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return true;  // ENOLCK, ENOTSUP: commit() still notices a replaced file
  }
  return true;
}

// Removes `path` when no living process holds it. Returns false when one does.
bool remove_stale(const std::string& path) {
  const int descriptor =
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0 && lacks_file_handles(errno)) return false;  // its owner may live
  if (descriptor < 0) {
    // A symbolic link planted there, or a file of a run with a strict umask: it is the name that is
    // in the way.
    return errno == ENOENT || ::unlink(path.c_str()) == 0 || errno == ENOENT;
  }
  const bool is_stale = lock(descriptor);
  if (is_stale && is_same_file(descriptor, path)) ::unlink(path.c_str());
  ::close(descriptor);
  return is_stale;
}

LockedFile create_locked(const std::string& path, mode_t mode, const std::string& final_path) {
  constexpr int kAttempts =
      100;  // each one fails only when another process interferes at the same instant
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int descriptor = ::open(path.c_str(), kOpenFlags | O_CREAT | O_EXCL, mode);
    if (descriptor < 0 && errno != EEXIST) fail_to_create(final_path, errno);
    if (descriptor >= 0) {
      if (lock(descriptor) && is_same_file(descriptor, path)) return {path, descriptor};
      ::close(descriptor);
    } else if (!remove_stale(path)) {
      break;
    }
  }
  throw ResourceError("another process is writing this file", final_path,
                      "wait for it, or choose another output");
}

// `.NAME.tmp`; a name that would pass the 255 bytes of a folder entry is cut and told apart by its
// hash.
std::string temporary_name(const std::string& name) {
  constexpr size_t kLongest = 255 - 5;
  if (name.size() <= kLongest) return "." + name + ".tmp";
  char hash[17];
  std::snprintf(hash, sizeof(hash), "%016llx", static_cast<unsigned long long>(sample_id(name)));
  return "." + name.substr(0, 200) + "-" + hash + ".tmp";
}

void sweep_stale_streams(const std::string& folder) {
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string path = folder + "/" + entry->d_name;
    struct stat status {};
    if (std::string(entry->d_name).rfind(kStreamPrefix, 0) != 0) continue;
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_uid != ::geteuid())
      continue;
    remove_stale(path);
  }
  ::closedir(directory);
}

}  // namespace

void sweep_temporary_files(const std::string& folder,
                           const std::function<bool(const std::string& name)>& is_ours) {
  constexpr char kEnding[] = ".tmp";
  DIR* directory = ::opendir(folder.empty() ? "." : folder.c_str());
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string file = entry->d_name;
    if (file[0] != '.' || !ends_with(file, kEnding)) continue;
    const std::string name = file.substr(1, file.size() - sizeof(kEnding));
    if (is_ours(name)) remove_stale(folder.empty() ? file : folder + "/" + file);
  }
  ::closedir(directory);
}

LockedFile create_locked_beside(const std::string& path) {
  const size_t name_start = path.rfind('/') + 1;  // npos + 1 = 0
  const std::string name = path.substr(name_start);
  return create_locked(path.substr(0, name_start) + temporary_name(name), 0666,
                       path);  // the umask takes its share
}

LockedFile create_locked_in_temporary_folder(const std::string& destination) {
  const char* variable = std::getenv("TMPDIR");
  const std::string folder = variable != nullptr && *variable != '\0' ? variable : "/tmp";
  sweep_stale_streams(folder);
  static std::atomic<uint64_t> next{0};
  const std::string path = folder + "/" + kStreamPrefix + std::to_string(::getpid()) + "-" +
                           std::to_string(next++) + ".tmp";
  return create_locked(path, 0600,
                       destination == "-" ? path : destination + " (by way of " + path + ")");
}

bool is_same_file(int descriptor, const std::string& path) {
  struct stat open_file {
  }, named{};
  return ::fstat(descriptor, &open_file) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

}  // namespace mae
