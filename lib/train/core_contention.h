// Whether this process gets the cores it asks for, as the kernel's scheduler counts it.
#pragma once

#include <cstdint>
#include <optional>

namespace mae {

/// Nanoseconds that threads ran, and that they were ready to run and waited for a core.
struct SchedulerTimes {
  uint64_t ran = 0, waited = 0;
};

/// Of all threads of this process that live now; nothing where the kernel does not tell.
std::optional<SchedulerTimes> scheduler_times();

/// Decides from one look at the times to the next whether threads that wait for each other may
/// spin. They may until threads wait for cores; then they sleep, first for a while and at every
/// relapse for longer.
class SpinPermit {
 public:
  /// times  of now
  /// Returns whether they may spin until the next look.
  bool look(const SchedulerTimes& times);

 private:
  static constexpr int kShortestSleep = 5, kLongestSleep = 600;
  SchedulerTimes last_;
  bool has_last_ = false;
  int contended_ = 0;           ///< looks in a row
  int calm_ = 0;                ///< looks in a row
  int asleep_ = 0;              ///< looks until the next try
  int sleep_ = kShortestSleep;  ///< looks that the next sleep lasts
};

}  // namespace mae
