#include "mae/base/file_handles.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "mae/base/error.h"

namespace mae {

bool lacks_file_handles(int error_number) {
  return error_number == EMFILE || error_number == ENFILE;
}

void check_file_handles(int error_number, const std::string& where) {
  if (!lacks_file_handles(error_number)) return;
  throw ResourceError("cannot be opened: " + system_reason(error_number), where,
                      file_handle_hint(error_number));
}

void check_file_handles(const std::string& where) {
  const int descriptor = ::open("/", O_PATH | O_CLOEXEC);
  if (descriptor < 0) return check_file_handles(errno, where);
  ::close(descriptor);
}

std::string file_handle_hint(int error_number) {
  if (error_number == EMFILE) return "allow more open files: ulimit -n 1024";
  if (error_number == ENFILE) return "close other programs, or raise fs.file-max";
  return "";
}

}  // namespace mae
