// How long-running jobs report where they are, without knowing whether a person, a file or nobody
// listens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mae {

/// Receives progress of one job; cli/progress_bar.h draws it. The default implementation is silent.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A new phase begins ("read images", "epoch 3/20"); `total` units of `unit` are expected, 0 when
  /// unknown.
  virtual void begin(const std::string& phase, int64_t total, const std::string& unit) {
    (void)phase, (void)total, (void)unit;
  }
  /// `done` units are finished in this phase. `values` are shown beside the bar ("loss" "0.432").
  /// Cheap enough for every step.
  virtual void update(int64_t done,
                      const std::vector<std::pair<std::string, std::string>>& values = {}) {
    (void)done, (void)values;
  }
  /// The phase is over; the bar disappears, a plain line may stay.
  virtual void end() {}
};

}  // namespace mae
