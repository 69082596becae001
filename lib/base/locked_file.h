// Temporary files that are locked for as long as their writer lives. Private to base.
#pragma once

#include <string>

namespace mae {

/// An open (read and write), empty, exclusively locked file. The owner closes and unlinks it.
struct LockedFile {
  std::string path;
  int descriptor = -1;
};

/// Creates `.NAME.tmp` beside `path`, replacing one whose writer died.
/// Throws ResourceError: the folder cannot be written, or a living process holds the file.
LockedFile create_locked_beside(const std::string& path);

/// Creates a file in $TMPDIR (default /tmp) for output that will be copied to the stream
/// `destination`, and removes those that killed processes of this user left there.
LockedFile create_locked_in_temporary_folder(const std::string& destination);

/// Whether `path` still names the file behind `descriptor`.
bool is_same_file(int descriptor, const std::string& path);

}  // namespace mae
