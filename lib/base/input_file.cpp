// Every input is opened here: without blocking, without a controlling terminal, and only when it is
// a regular file.
#include "mae/base/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/interrupt.h"

namespace mae {
namespace {

[[noreturn]] void fail_to_open(const std::string& path, int error_number) {
  check_file_handles(error_number, path);
  switch (error_number) {
    case ENOENT:
      throw DataError(
          "no such file", path,
          path.empty() ? "the name is empty" : "check the spelling and the current folder");
    case EACCES:
      throw DataError("permission denied", path,
                      "check the permissions of the file and its folders");
    default:
      throw DataError("cannot be opened: " + system_reason(error_number), path);
  }
}

void check_kind(const std::string& path, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return;
  if (S_ISDIR(status.st_mode)) throw DataError("is a folder, expected a file", path);
  const char* kind = S_ISFIFO(status.st_mode)   ? "a FIFO"
                     : S_ISSOCK(status.st_mode) ? "a socket"
                                                : "a device";
  throw DataError(std::string("is ") + kind + ", expected a regular file", path,
                  "use - where the tool reads standard input");
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  check_regular_file(path);  // before open: opening some devices already acts on them
  // A FIFO that took the file's place meanwhile cannot block us.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0) fail_to_open(path, errno);
  struct stat status {};
  try {
    if (::fstat(descriptor_, &status) != 0) fail_to_open(path, errno);
    check_kind(path, status);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
  size_ = status.st_size;
}

InputFile::~InputFile() { ::close(descriptor_); }

size_t InputFile::read_some(int64_t offset, void* out, size_t size) const {
  while (true) {
    const ssize_t got = ::pread(descriptor_, out, size, offset);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) throw DataError("cannot be read: " + system_reason(errno), path_);
  }
}

void InputFile::read_exactly(int64_t offset, void* out, size_t size) const {
  size_t done = 0;
  while (done < size) {
    const size_t got =
        read_some(offset + static_cast<int64_t>(done), static_cast<char*>(out) + done, size - done);
    if (got == 0) {
      throw DataError(
          "is truncated: it ends at byte " + std::to_string(offset + static_cast<int64_t>(done)) +
              ", expected at least " + std::to_string(offset + static_cast<int64_t>(size)),
          path_, "copy or make the file again");
    }
    done += got;
  }
}

void check_regular_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail_to_open(path, errno);
  check_kind(path, status);
}

std::string read_file(const std::string& path, int64_t max_bytes) {
  const InputFile file(path);
  if (file.size() > max_bytes) {
    throw DataError("is too large: " + std::to_string(file.size()) + " bytes, at most " +
                        std::to_string(max_bytes) + " are read",
                    path);
  }
  std::string bytes(static_cast<size_t>(file.size()), '\0');
  file.read_exactly(0, bytes.data(), bytes.size());
  return bytes;
}

std::string read_standard_input(int64_t max_bytes) {
  std::string bytes;
  size_t filled = 0;
  while (true) {
    // One byte more than allowed is asked for, so that an input of exactly max_bytes passes and a
    // longer one is noticed.
    const size_t wanted =
        std::min<size_t>(static_cast<size_t>(max_bytes) + 1, std::max<size_t>(filled * 2, 1 << 16));
    bytes.resize(std::max(wanted, filled));
    const ssize_t got = ::read(STDIN_FILENO, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) {
      check_interrupt();
      continue;
    }
    if (got < 0) throw DataError("cannot be read: " + system_reason(errno), "standard input");
    filled += static_cast<size_t>(got);
    if (static_cast<int64_t>(filled) > max_bytes) {
      throw DataError("is longer than " + std::to_string(max_bytes) + " bytes", "standard input",
                      "give the input as a file instead of -");
    }
    if (got == 0) break;
  }
  bytes.resize(filled);
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace mae
