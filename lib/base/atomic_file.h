// Output that appears under its final name only when it is whole: temporary name in the same
// folder, flush, fsync, rename, fsync of the folder. On any failure or signal nothing is left and
// an older output stays untouched.
#pragma once

#include <string>
#include <string_view>

namespace mae {

/// What to do when the output exists (`--no-clobber`).
enum class Overwrite { kReplace, kRefuse };

/// A file in the making. Write to `temporary_path()` by any means, or with write(); then commit().
/// The destructor of an uncommitted one removes the temporary file.
class AtomicFile {
 public:
  /// Creates the temporary file `.NAME.tmp` beside `path` and locks it; one that a killed process
  /// left is replaced.
  /// "-" as path means standard output: the temporary file then lies in $TMPDIR (default /tmp) and
  /// commit() copies it to descriptor 1. The same is done for devices, FIFOs and everything below
  /// /dev and /proc, which are never renamed over. A symbolic link at `path` is replaced, not
  /// followed. throws UsageError  the output exists and `overwrite` refuses it, or it is a
  /// directory
  ///        ResourceError  the folder cannot be written, or another process is writing this output
  explicit AtomicFile(std::string path, Overwrite overwrite = Overwrite::kReplace);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }
  const std::string& temporary_path() const { return temporary_path_; }

  /// Appends bytes, retrying short writes. Throws ResourceError naming the final path (disk full
  /// and the like).
  void write(std::string_view bytes);
  /// fsync, rename, fsync of the folder. Throws ResourceError; the temporary file is then removed.
  /// throws ClosedPipe  standard output was closed by its reader
  void commit();

 private:
  void rename_into_place();
  void copy_to_destination();
  void discard() noexcept;

  std::string path_, temporary_path_;
  Overwrite overwrite_ = Overwrite::kReplace;
  int descriptor_ = -1;
  int registry_slot_ = -1;
  bool copies_ = false;  // the destination is a stream or device: copied to, not renamed over
};

/// Writes a whole small file atomically.
void write_file_atomically(const std::string& path, std::string_view bytes,
                           Overwrite overwrite = Overwrite::kReplace);

/// Removes the temporary files of all live AtomicFiles; async-signal-safe, for the second signal.
void remove_temporary_files_now() noexcept;

/// Creates a folder and its parents; throws ResourceError with the reason.
void make_directories(const std::string& path);

}  // namespace mae
