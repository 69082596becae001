#include "mae/train/run_curves.h"

#include <cmath>

namespace mae {

void RunCurves::open(const RunDirectory& run, const TrainPosition& position, bool resumed) {
  if (!run.is_writer()) return;
  // The line of an epoch has the step at its end. In the middle of an epoch, a line of this very
  // step was written by a process killed before it could save, and will be written again.
  const int64_t kept = position.batch == 0 ? position.step : position.step - 1;
  log_.reset();
  curves_.reset();
  log_ = std::make_unique<RunLog>(run.file("log.jsonl"),
                                  resumed ? std::optional<int64_t>(kept) : std::nullopt);
  curves_ = std::make_unique<TensorboardWriter>(run.path(), x_of(position, position.batch));
}

void RunCurves::add_step(const TrainPosition& position, int64_t batch, double loss, double lr) {
  if (!curves_) return;
  curves_->add_scalar("train_loss", loss, x_of(position, batch));
  curves_->add_scalar("lr", lr, x_of(position, batch));
}

void RunCurves::add_epoch(const TrainPosition& position, const nlohmann::ordered_json& line,
                          const std::vector<std::pair<std::string, double>>& points) {
  if (!log_) return;
  log_->append(line);
  for (const auto& [name, value] : points)
    if (std::isfinite(value)) curves_->add_scalar(name, value, x_of(position, batches_per_epoch_));
}

/// TensorBoard's horizontal axis: thousandths of an epoch, as published.
int64_t RunCurves::x_of(const TrainPosition& position, int64_t batch) const {
  const double fraction = static_cast<double>(batch) / static_cast<double>(batches_per_epoch_);
  return static_cast<int64_t>((fraction + static_cast<double>(position.epoch)) * 1000);
}

}  // namespace mae
