#include "mae/base/file_notes.h"

#include <sys/stat.h>

namespace mae {
namespace {

// Empty for what is no regular file.
std::string identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  std::string identity = std::to_string(status.st_dev);
  for (const long long number :
       {static_cast<long long>(status.st_ino), static_cast<long long>(status.st_size),
        static_cast<long long>(status.st_mtim.tv_sec),
        static_cast<long long>(status.st_mtim.tv_nsec),
        static_cast<long long>(status.st_ctim.tv_sec),
        static_cast<long long>(status.st_ctim.tv_nsec)}) {
    identity += " " + std::to_string(number);
  }
  return identity;
}

}  // namespace

std::optional<std::string> FileNotes::find(const std::string& path) const {
  const std::string identity = identity_of(path);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = notes_.find(identity);
  if (found == notes_.end()) return std::nullopt;
  return found->second;
}

void FileNotes::note(const std::string& path, const std::string& text) {
  const std::string identity = identity_of(path);
  if (identity.empty()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  notes_[identity] = text;
}

}  // namespace mae
