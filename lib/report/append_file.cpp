// A write loop.
#include "mae/report/append_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "mae/base/error.h"

namespace mae {

void append_bytes(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw ResourceError(std::string("cannot write: ") + std::strerror(errno), path,
                          "free space on that disk");
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace mae
