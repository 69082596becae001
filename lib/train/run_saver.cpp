#include "mae/train/run_saver.h"

#include <utility>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"

namespace mae {

RunSaver::RunSaver(const SaveOptions& options, RunDirectory& run, const StepGuard& guard,
                   ProcessGroup& group, Progress& progress, std::function<void()> write,
                   std::function<Checkpoint()> published)
    : options_(options),
      run_(run),
      guard_(guard),
      group_(group),
      progress_(progress),
      write_(std::move(write)),
      published_(std::move(published)) {}

void RunSaver::mark_saved() {
  saved_ = true;
  last_save_ = std::chrono::steady_clock::now();
}

void RunSaver::save() {
  if (saved_) return;
  write_();
  mark_saved();
}

void RunSaver::stop_if_interrupted() {
  stop(group_.max({static_cast<double>(pending_signal())}).front());
}

void RunSaver::stop(double signal_number) {
  if (signal_number == 0) return;
  save_by_schedule();  // while steps fail, the last good save is worth more than the last steps
  progress_.end();
  throw Interrupted(static_cast<int>(signal_number));
}

void RunSaver::after_step() {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - last_save_;
  const bool is_due = options_.every_minutes > 0 && since.count() > 60 * options_.every_minutes;
  // Clocks and signals differ among processes: what one of them sees happens in all.
  const std::vector<double> seen = group_.max(
      {static_cast<double>(pending_signal()), take_save_request() ? 1.0 : 0.0, is_due ? 1.0 : 0.0});
  stop(seen[0]);
  const bool requested = seen[1] > 0, due = seen[2] > 0;
  if (requested || due) save_by_schedule();
  if (requested && saved_ && group_.is_first()) log_info("saved, as SIGUSR1 asks for");
}

void RunSaver::after_epoch(int64_t epochs) {
  if (options_.keep_every > 0 && epochs % options_.keep_every == 0 && !guard_.is_failing())
    run_.keep(published_(), epochs);
  if (epochs % options_.every_epochs == 0) save_by_schedule();
}

/// What cannot be saved now does not end the run: a weight that is not finite fails the next step,
/// and then the guard decides.
void RunSaver::save_by_schedule() {
  if (guard_.is_failing()) return;
  try {
    save();
  } catch (const NumericError& error) {
    log_warning("not saved: " + error.line());
  }
}

}  // namespace mae
