#include "mae/cli/progress_bar.h"

#include <unistd.h>

#include <chrono>
#include <utility>

#include "mae/cli/text_layout.h"

namespace mae::cli {

ProgressStyle progress_style(const std::string& mode, bool is_terminal) {
  if (mode == "never") return ProgressStyle::kNone;
  if (mode == "json") return ProgressStyle::kJson;
  return mode == "always" || is_terminal ? ProgressStyle::kBar : ProgressStyle::kLines;
}

ProgressBar::ProgressBar(Console* console, Options options)
    : console_(console), options_(std::move(options)) {}

void ProgressBar::begin(const std::string& phase, std::int64_t total, const std::string& unit) {
  if (options_.style == ProgressStyle::kNone) return;
  end();  // a phase that was not ended, because the job moved on, must not leave its bar
  const std::lock_guard<std::mutex> lock(mutex_);
  state_ = {};
  state_.phase = phase;
  state_.total = total;
  state_.unit = unit;
  begun_s_ = shown_s_ = rate_s_ = options_.now_s();
  rate_done_ = 0;
  is_active_ = true;
  if (options_.style != ProgressStyle::kLines) show("begin");
}

void ProgressBar::update(std::int64_t done,
                         const std::vector<std::pair<std::string, std::string>>& values) {
  if (options_.style == ProgressStyle::kNone) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!is_active_) return;
  state_.done = done;
  if (!values.empty()) state_.values = values;
  const double now = options_.now_s();
  if (now - shown_s_ < interval_s()) return;
  state_.elapsed_s = now - begun_s_;
  update_rate(now);
  shown_s_ = now;
  show("update");
}

void ProgressBar::end() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!is_active_) return;
  is_active_ = false;
  state_.elapsed_s = options_.now_s() - begun_s_;
  if (options_.style == ProgressStyle::kJson) {
    show("end");
    return;
  }
  console_->clear_status();
  if (state_.elapsed_s < options_.shortest_phase_s) return;
  console_->print_line(options_.name + ": " + progress_summary(state_));
}

double ProgressBar::interval_s() const {
  if (options_.style == ProgressStyle::kBar) return options_.bar_interval_s;
  return options_.style == ProgressStyle::kLines ? options_.line_interval_s
                                                 : options_.json_interval_s;
}

void ProgressBar::show(const std::string& event) {
  switch (options_.style) {
    case ProgressStyle::kBar:
      console_->show_status(progress_bar(state_, options_.width()));
      break;
    case ProgressStyle::kLines:
      console_->print_line(options_.name + ": " + progress_line(state_));
      break;
    case ProgressStyle::kJson:
      console_->print_line(progress_json(state_, event));
      break;
    case ProgressStyle::kNone:
      break;
  }
}

void ProgressBar::update_rate(double now) {
  // Over about the last second, then smoothed: the mean since the start would hide a loader that
  // has slowed down.
  if (now - rate_s_ < 1 && state_.rate > 0) return;
  if (state_.done <= rate_done_ || now <= rate_s_) return;
  const double recent = static_cast<double>(state_.done - rate_done_) / (now - rate_s_);
  state_.rate = state_.rate > 0 ? 0.7 * state_.rate + 0.3 * recent : recent;
  rate_s_ = now;
  rate_done_ = state_.done;
}

std::unique_ptr<ProgressBar> make_progress_bar(Console* console, const std::string& name,
                                               const std::string& mode) {
  ProgressBar::Options options;
  options.style = progress_style(mode, console->is_terminal());
  options.name = name;
  options.width = [] { return terminal_width(STDERR_FILENO); };
  options.now_s = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
  return std::make_unique<ProgressBar>(console, std::move(options));
}

}  // namespace mae::cli
