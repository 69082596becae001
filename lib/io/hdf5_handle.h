// The HDF5 library made safe to use: one lock, initialised once, handles that close themselves,
// errors as text. Private to io; no other folder sees HDF5.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

namespace mae {

/// Must be held around every HDF5 call: the library is not built for threads. The first one
/// initialises the library.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// First call of a forked child that will use HDF5. Its parent must hold the lock while it forks,
/// so that the library is between two calls; the lock itself still names the parent's thread.
void renew_hdf5_lock_in_child();

/// Owns one HDF5 identifier. The Hdf5Lock must be held when it is destroyed or reset.
class Hdf5Handle {
 public:
  using Closer = herr_t (*)(hid_t);
  Hdf5Handle() = default;
  Hdf5Handle(hid_t id, Closer closer) : id_(id), closer_(closer) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, -1)), closer_(other.closer_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  ~Hdf5Handle() { close(); }

  bool valid() const { return id_ >= 0; }
  hid_t get() const { return id_; }
  /// Closes now. Returns false when HDF5 could not, which for a file being written means lost data.
  bool close() { return id_ < 0 || closer_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_ = -1;
  Closer closer_ = nullptr;
};

/// What the last failed call said: the innermost reason, in the words of the system when it came
/// from there. `error_number` tells a full disk or a read error from a damaged file.
struct Hdf5Failure {
  std::string reason;
  int error_number = 0;  ///< errno; 0 when it did not come from the system
};
Hdf5Failure last_hdf5_failure();

}  // namespace mae
