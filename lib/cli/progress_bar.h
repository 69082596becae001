// Progress on standard error: a bar, plain lines, JSON lines, or nothing.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "mae/base/progress.h"
#include "mae/cli/console.h"
#include "mae/cli/progress_text.h"

namespace mae::cli {

enum class ProgressStyle { kNone, kBar, kLines, kJson };

/// What --progress auto|always|never|json means here: auto is a bar on a terminal and lines
/// elsewhere.
ProgressStyle progress_style(const std::string& mode, bool is_terminal);

/// Safe to call from several threads.
class ProgressBar : public Progress {
 public:
  struct Options {
    ProgressStyle style = ProgressStyle::kBar;
    std::string name;             ///< put before plain lines: "mae-encode"
    double bar_interval_s = 0.1;  ///< a bar is redrawn at most ten times a second
    double line_interval_s = 10;  ///< a plain line appears about every ten seconds
    double json_interval_s = 1;
    double shortest_phase_s = 1;    ///< phases shorter than this leave no line when they end
    std::function<int()> width;     ///< columns, asked at each redraw, as windows change size
    std::function<double()> now_s;  ///< a clock that never goes back
  };

  /// console  must outlive this
  ProgressBar(Console* console, Options options);

  void begin(const std::string& phase, std::int64_t total, const std::string& unit) override;
  void update(std::int64_t done,
              const std::vector<std::pair<std::string, std::string>>& values) override;
  void end() override;

 private:
  double interval_s() const;
  void show(const std::string& event);
  void update_rate(double now);

  Console* console_;
  Options options_;
  std::mutex mutex_;
  ProgressState state_;
  bool is_active_ = false;
  double begun_s_ = 0, shown_s_ = 0;
  double rate_s_ = 0;           // when the rate was last measured
  std::int64_t rate_done_ = 0;  // and how much was done then
};

/// A bar for standard error in the given mode.
std::unique_ptr<ProgressBar> make_progress_bar(Console* console, const std::string& name,
                                               const std::string& mode);

}  // namespace mae::cli
