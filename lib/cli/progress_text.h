// How progress reads: as a bar, a plain line or JSON. Pure text, so that tests see what a terminal
// would.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mae::cli {

/// Where one phase stands.
struct ProgressState {
  std::string phase;       ///< "epoch 3/20"
  std::string unit;        ///< "images"
  std::int64_t total = 0;  ///< 0: unknown
  std::int64_t done = 0;
  double elapsed_s = 0;
  double rate = 0;  ///< units a second; 0: not known yet
  std::vector<std::pair<std::string, std::string>> values;
};

/// "epoch 3/20  [=====>    ]  62%  1,012 images/s  ETA 0:41  loss 0.4312", less than `width`
/// columns wide: the bar shrinks first, then values, ETA and rate are left out, from the last.
std::string progress_bar(const ProgressState& state, int width);

/// The same without a bar: "epoch 3/20: 8,000/12,800 images (62%), 1,012 images/s, ETA 0:41, loss
/// 0.4312"
std::string progress_line(const ProgressState& state);

/// The line at the end of a phase: "epoch 3/20: 12,800 images in 0:12, 1,012 images/s, loss 0.4312"
std::string progress_summary(const ProgressState& state);

/// One JSON object; event is "begin", "update" or "end".
std::string progress_json(const ProgressState& state, const std::string& event);

/// "0:41", "12:03", "1:02:03", "2d 03:04"
std::string duration_text(double seconds);

/// "1,012"; below 10 with one or two decimals: "0.25", "3.4"
std::string rate_text(double rate);

/// "1,281,167"
std::string grouped(std::int64_t number);

}  // namespace mae::cli
