#include "mae/train/run_saver.h"

#include <utility>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"

namespace mae {

RunSaver::RunSaver(const SaveOptions& options, RunDirectory& run, const StepGuard& guard,
                   Progress& progress, std::function<void()> write,
                   std::function<Checkpoint()> published)
    : options_(options),
      run_(run),
      guard_(guard),
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
  if (pending_signal() == 0) return;
  save_by_schedule();  // while steps fail, the last good save is worth more than the last steps
  progress_.end();
  check_interrupt();
}

void RunSaver::after_step() {
  stop_if_interrupted();
  const bool requested = take_save_request();
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - last_save_;
  const bool due = options_.every_minutes > 0 && since.count() > 60 * options_.every_minutes;
  if (requested || due) save_by_schedule();
  if (requested && saved_) log_info("saved, as SIGUSR1 asks for");
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
