#include "mae/base/disk_space.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "mae/base/error.h"

namespace mae {

void require_free_space(const std::string& path, int64_t bytes, const std::string& output) {
  struct statvfs status {};
  std::string known = path;
  // A name that is yet to be made lies on the disk of its folder.
  while (::statvfs(known.empty() ? "." : known.c_str(), &status) != 0) {
    if (known.empty() || known == "/") return;
    const size_t slash = known.find_last_of('/');
    known = slash == std::string::npos ? "" : slash == 0 ? "/" : known.substr(0, slash);
  }
  if (status.f_blocks == 0) return;
  const auto available = static_cast<int64_t>(status.f_bavail * status.f_frsize);
  if (bytes <= available) return;
  throw ResourceError("needs " + std::to_string(bytes) + " bytes, but the disk has " +
                          std::to_string(available) + " bytes free",
                      output, "free some space or choose another disk");
}

int64_t bytes_of_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}

}  // namespace mae
