// Three settings come before anything else: no exit handler (it crashes after a full disk), no
// plugins (they are code), no messages on standard error.
#include "mae/io/hdf5_handle.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "mae/base/error.h"

namespace mae {
namespace {

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

bool initialise() {
  H5dont_atexit();
  // Outputs are locked by AtomicFile, inputs are never written: HDF5's own locks would only add
  // failures on file systems without them, and would meet our lock on the same file.
  ::setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
  H5open();
  H5PLset_loading_state(0);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return true;
}

// The walk goes from the innermost error outwards; only the first is kept.
herr_t keep_innermost(unsigned n, const H5E_error2_t* error, void* data) {
  if (n == 0 && error->desc != nullptr) *static_cast<std::string*>(data) = error->desc;
  return 0;
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(library_mutex()) {
  static const bool initialised = initialise();
  static_cast<void>(initialised);
}

void renew_hdf5_lock_in_child() { new (&library_mutex()) std::recursive_mutex; }

Hdf5Failure last_hdf5_failure() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &text);
  H5Eclear2(H5E_DEFAULT);
  // Failures of system calls carry "errno = N" among times and addresses that would differ from run
  // to run.
  constexpr char kMark[] = "errno = ";
  const size_t mark = text.rfind(kMark);
  if (mark != std::string::npos) {
    const int error_number = std::atoi(text.c_str() + mark + std::strlen(kMark));
    return {system_reason(error_number), error_number};
  }
  return {text.empty() ? "unknown reason" : text, 0};
}

}  // namespace mae
