// What this process has learned of files already (their digest, that they were looked through), so
// that each is read for it once however often it is opened.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace mae {

/// A text for each file, by identity (device, inode, size, times of change) and not by name: a file
/// that was replaced is another. Safe to use from several threads.
class FileNotes {
 public:
  /// What was noted; nothing for other files and for what is no regular file.
  std::optional<std::string> find(const std::string& path) const;
  void note(const std::string& path, const std::string& text);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> notes_;
};

}  // namespace mae
