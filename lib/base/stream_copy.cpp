// Plain read and write: sendfile and splice refuse some of the devices and files opened for
// appending that a shell gives us.
#include "mae/base/stream_copy.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"

namespace mae {
namespace {

[[noreturn]] void fail(int error_number, const std::string& where) {
  if (error_number == EPIPE) throw ClosedPipe();
  throw ResourceError("cannot be written: " + system_reason(error_number), where,
                      error_number == ENOSPC || error_number == EDQUOT
                          ? "free some space or choose another disk"
                          : "");
}

}  // namespace

void write_all(int descriptor, const char* bytes, size_t size, const std::string& where) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, bytes, size);
    if (written >= 0) {
      bytes += written;
      size -= static_cast<size_t>(written);
    } else if (errno == EAGAIN) {
      pollfd waiting{descriptor, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      fail(errno, where);
    }
    if (written < 0) check_interrupt();
  }
}

void copy_to_stream(int source, int destination, const std::string& where) {
  std::vector<char> buffer(size_t{1} << 20);
  off_t position = 0;
  while (true) {
    const ssize_t got = ::pread(source, buffer.data(), buffer.size(), position);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw ResourceError("temporary file cannot be read: " + system_reason(errno), where);
    if (got == 0) break;
    write_all(destination, buffer.data(), static_cast<size_t>(got), where);
    position += got;
  }
  struct stat status {};
  const bool is_file = ::fstat(destination, &status) == 0 && S_ISREG(status.st_mode);
  if (is_file && ::fsync(destination) != 0) fail(errno, where);
}

}  // namespace mae
