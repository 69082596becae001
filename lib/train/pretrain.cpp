// Every stop happens between two optimizer steps (or at the end of an epoch), where weights,
// optimizer state and position say everything: data order, augmentation and masks are functions of
// seed, epoch and sample.
#include "mae/train/pretrain.h"

#include <c10/core/GradMode.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/report/number_text.h"
#include "mae/report/run_log.h"
#include "mae/report/tensorboard_writer.h"
#include "mae/train/epoch_meters.h"
#include "mae/train/masked_pass.h"
#include "mae/train/param_groups.h"
#include "mae/train/pretrain_loader.h"
#include "mae/train/step_error.h"
#include "mae/train/torch_error.h"
#include "mae/train/training_config.h"

namespace mae {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kAutosaveS =
    600;  // an epoch may take hours; a kill should not cost more than this
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What is measured between two epochs; NaN where it is not.
struct EpochFigures {
  double val_loss = kNone, probe_top1 = kNone;
};

class Pretrainer {
 public:
  Pretrainer(MaskedModel& model, const PretrainData& data, const PretrainOptions& options,
             const Checkpoint& description, RunDirectory& run, Progress& progress);
  PretrainReport train();

 private:
  void restore(const RunDirectory::Resumed& resumed);
  void train_epoch();
  void train_batch(const Batch& batch);
  void take_step();
  void end_epoch();
  std::optional<double> validate();
  bool probe_is_due() const;
  double probe();
  bool finished() const;
  bool trailing() const;  // the next batch belongs to the epoch's incomplete, discarded group
  void save();
  void save_if_interrupted();
  Checkpoint checkpoint() const;
  void write_log(const EpochFigures& figures);
  void show_progress(double loss);
  [[noreturn]] void fail(const std::string& what) const;
  int64_t curve_step(int64_t batch) const;

  MaskedModel& model_;
  PretrainData data_;
  PretrainOptions options_;
  Checkpoint description_;
  RunDirectory& run_;
  Progress& progress_;
  PretrainPlan plan_;
  Placement placement_;
  nlohmann::json config_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<BatchLoader> loader_, validation_loader_;
  std::unique_ptr<RunLog> log_;
  std::unique_ptr<TensorboardWriter> curves_;

  TrainPosition position_;
  EpochMeters meters_;  // of the epoch under way
  double lr_ = 0;
  double best_val_loss_ = kNone;
  double last_train_loss_ = kNone, last_val_loss_ = kNone, last_probe_top1_ = kNone;
  bool saved_ = false;                 // nothing changed since the last save
  std::vector<int64_t> step_samples_;  // indices of the step under way, for messages
  double train_s_ = 0, stall_s_ = 0;   // of this process
  int64_t images_ = 0;
  Clock::time_point epoch_start_, last_save_ = Clock::now();
  int64_t epoch_images_ = 0;
  double epoch_s_ = 0;  // of training, without what is measured afterwards
};

Pretrainer::Pretrainer(MaskedModel& model, const PretrainData& data, const PretrainOptions& options,
                       const Checkpoint& description, RunDirectory& run, Progress& progress)
    : model_(model),
      data_(data),
      options_(options),
      description_(description),
      run_(run),
      progress_(progress),
      plan_(plan_pretraining(options, data.train->size())) {
  check_masks(data_, options_, model_);
  if (plan_.batch_size < options_.batch_size)
    log_warning("the batch is cut to the " + std::to_string(plan_.batch_size) +
                " samples there are");
  set_compute_threads(options_.threads);
  placement_ = {open_device(options_.device), parse_dtype(options_.dtype)};
  description_.config = model_.config();
  description_.tensors.clear();
  config_ = pretrain_config(options_, plan_, data_, description_);
  model_.to(placement_.device, placement_.weight_dtype());
  model_.train();
  optimizer_ = make_adamw(weight_decay_groups(model_, options_.weight_decay), options_.adamw);
  const PixelStats stats{description_.preprocessing.mean, description_.preprocessing.std};
  loader_ = make_pretrain_loader(data_.train, options_, stats, plan_.batch_size, /*training=*/true);
  if (data_.validation)
    validation_loader_ = make_pretrain_loader(data_.validation, options_, stats, plan_.batch_size,
                                              /*training=*/false);
}

PretrainReport Pretrainer::train() {
  const std::optional<RunDirectory::Resumed> resumed = run_.load();
  if (resumed) restore(*resumed);
  if (resumed && finished()) log_info("the run is finished; there is nothing left to train");
  if (!finished()) {
    // The line of an epoch has the step at its end. In the middle of an epoch, a line of this very
    // step was written by a process killed before it could save, and will be written again.
    const int64_t kept = position_.batch == 0 ? position_.step : position_.step - 1;
    log_ = std::make_unique<RunLog>(run_.file("log.jsonl"),
                                    resumed ? std::optional<int64_t>(kept) : std::nullopt);
    curves_ = std::make_unique<TensorboardWriter>(run_.path(), curve_step(position_.batch));
  }
  while (!finished()) train_epoch();
  save();
  PretrainReport report;
  report.epochs = position_.epoch;
  report.steps = position_.step;
  report.train_loss = meters_.iterations > 0 ? meters_.mean_loss() : last_train_loss_;
  report.val_loss = last_val_loss_;
  report.probe_top1 = last_probe_top1_;
  report.images_per_second = train_s_ > 0 ? static_cast<double>(images_) / train_s_ : 0;
  report.stall_share = train_s_ > 0 ? stall_s_ / train_s_ : 0;
  return report;
}

void Pretrainer::restore(const RunDirectory::Resumed& resumed) {
  const std::string where = run_.file("state.safetensors");
  check_same_config(resumed.training_config, config_, run_.path());
  load_state_dict(model_, resumed.checkpoint.tensors, where);
  optimizer_->load_state(resumed.optimizer, where);
  description_.provenance = resumed.checkpoint.provenance;
  position_ = resumed.position;
  saved_ = true;
  const nlohmann::json& kept = position_.meters;
  try {
    meters_ = kept.at("epoch").get<EpochMeters>();
    best_val_loss_ = kept.value("best_val_loss", kNone);
    last_train_loss_ = kept.value("train_loss", kNone);
    last_val_loss_ = kept.value("val_loss", kNone);
  } catch (const nlohmann::json::exception&) {
    throw DataError("the position in the run is damaged", where, "start a new run");
  }
}

void Pretrainer::train_epoch() {
  progress_.begin(
      "epoch " + std::to_string(position_.epoch + 1) + "/" + std::to_string(options_.epochs),
      plan_.batches_per_epoch, "batch");
  loader_->start_epoch(static_cast<uint32_t>(position_.epoch), position_.batch);
  epoch_start_ = Clock::now();
  epoch_images_ = 0;
  save_if_interrupted();
  while (position_.batch < plan_.batches_per_epoch && !finished()) {
    const std::optional<Batch> batch = loader_->next();
    if (!batch) break;
    train_batch(*batch);
  }
  epoch_s_ = seconds_since(epoch_start_);
  train_s_ += epoch_s_;
  stall_s_ += loader_->stall_seconds();
  progress_.end();
  if (position_.batch == plan_.batches_per_epoch) end_epoch();
}

void Pretrainer::train_batch(const Batch& batch) {
  const int64_t i = position_.batch;
  if (i % options_.accum_iter == 0) {
    lr_ = lr_at(plan_.schedule,
                static_cast<double>(position_.epoch) +
                    static_cast<double>(i) / static_cast<double>(plan_.batches_per_epoch));
    step_samples_.clear();
  }
  step_samples_.insert(step_samples_.end(), batch.indices.begin(), batch.indices.end());
  const PatchSelection selection =
      data_.masks ? fixed_selection(*data_.masks, batch.indices)
                  : draw_selection(options_.masking, model_.grid(), options_.seed,
                                   static_cast<uint32_t>(position_.epoch), batch.ids);
  // The discarded group counts in the epoch's mean, as published, but its gradients would not be
  // used.
  const bool discarded = trailing();
  const c10::AutoGradMode gradients(!discarded);
  const Tensor loss = masked_loss(model_, batch, selection, placement_);
  const double value = loss.item<double>();  // the check must come before the weights change
  if (!std::isfinite(value)) fail("the loss is not finite");
  if (!discarded) (loss / static_cast<double>(options_.accum_iter)).backward();
  meters_.add(value, lr_);
  ++position_.batch;
  saved_ = false;
  images_ += batch.images.size(0);
  epoch_images_ += batch.images.size(0);
  show_progress(value);
  if (discarded || position_.batch % options_.accum_iter != 0) return;
  take_step();
  curves_->add_scalar("train_loss", value, curve_step(i));
  curves_->add_scalar("lr", lr_, curve_step(i));
  // At the end of an epoch its validation and log line come first.
  if (position_.batch == plan_.batches_per_epoch) return;
  save_if_interrupted();
  if (seconds_since(last_save_) > kAutosaveS) save();
}

void Pretrainer::take_step() {
  const double norm = options_.clip_grad > 0 ? optimizer_->clip_grad_norm(options_.clip_grad)
                                             : optimizer_->grad_norm();
  if (!std::isfinite(norm)) fail("the gradient is not finite");
  optimizer_->step(lr_);
  optimizer_->zero_grad();
  ++position_.step;
}

void Pretrainer::end_epoch() {
  save_if_interrupted();
  std::optional<double> val_loss;
  if (validation_loader_) {
    val_loss = validate();
    save_if_interrupted();
    if (!val_loss) return;
  }
  EpochFigures figures;
  figures.val_loss = val_loss.value_or(kNone);
  if (probe_is_due()) figures.probe_top1 = last_probe_top1_ = probe();
  last_train_loss_ = meters_.mean_loss();
  last_val_loss_ = figures.val_loss;
  write_log(figures);
  position_.epoch += 1;
  position_.batch = 0;
  meters_ = {};
  saved_ = false;
  if (val_loss && !(*val_loss >= best_val_loss_)) {
    best_val_loss_ = *val_loss;
    run_.save_best(checkpoint());
  }
  if (position_.epoch % options_.save_every == 0) save();
}

/// Mean over samples, nothing augmented, the same masks after every epoch. Nothing when a signal
/// arrived.
std::optional<double> Pretrainer::validate() {
  const c10::NoGradGuard no_grad;
  model_.eval();
  progress_.begin("validate", validation_loader_->batches_per_epoch(), "batch");
  validation_loader_->start_epoch(0);
  double sum = 0;
  int64_t samples = 0, batches = 0;
  while (const std::optional<Batch> batch = validation_loader_->next()) {
    const PatchSelection selection =
        validation_selection(options_.masking, model_.grid(), options_.seed, batch->ids);
    const double loss = masked_loss(model_, *batch, selection, placement_).item<double>();
    if (!std::isfinite(loss))
      throw NumericError(
          "the validation loss is not finite after epoch " + std::to_string(position_.epoch + 1),
          data_.validation->name(batch->indices.front()),
          "use a smaller --lr or float32; the last good save is kept");
    sum += loss * static_cast<double>(batch->indices.size());
    samples += static_cast<int64_t>(batch->indices.size());
    progress_.update(++batches);
    if (pending_signal() != 0) break;
  }
  progress_.end();
  model_.train();
  if (pending_signal() != 0) return std::nullopt;
  return sum / static_cast<double>(samples);
}

bool Pretrainer::probe_is_due() const {
  if (!data_.probe || options_.probe_every <= 0) return false;
  const int64_t done = position_.epoch + 1;
  return done % options_.probe_every == 0 || done == options_.epochs;
}

double Pretrainer::probe() {
  const c10::NoGradGuard no_grad;
  model_.eval();
  double top1 = kNone;
  try {
    top1 = data_.probe(model_, placement_);
  } catch (const Interrupted&) {  // resumed, the run goes on at the end of this epoch
    save_if_interrupted();
    throw;
  }
  model_.train();
  return top1;
}

bool Pretrainer::finished() const {
  return position_.epoch >= options_.epochs ||
         (options_.max_steps > 0 && position_.step >= options_.max_steps &&
          position_.batch < plan_.batches_per_epoch);
}

bool Pretrainer::trailing() const {
  return position_.batch >= plan_.steps_per_epoch * options_.accum_iter;
}

void Pretrainer::save() {
  if (saved_) return;
  position_.meters = {{"epoch", meters_}};
  const auto keep = [&](const char* name, double value) {
    if (std::isfinite(value)) position_.meters[name] = value;
  };
  keep("best_val_loss", best_val_loss_);
  keep("train_loss", last_train_loss_);
  keep("val_loss", last_val_loss_);
  run_.save(checkpoint(), *optimizer_, position_, config_);
  saved_ = true;
  last_save_ = Clock::now();
}

void Pretrainer::save_if_interrupted() {
  if (pending_signal() == 0) return;
  save();
  progress_.end();
  check_interrupt();
}

Checkpoint Pretrainer::checkpoint() const {
  Checkpoint made = description_;
  made.tensors = state_dict(model_);
  made.extra["epoch"] = position_.epoch;
  made.extra["step"] = position_.step;
  if (std::isfinite(last_train_loss_)) made.extra["train_loss"] = last_train_loss_;
  if (std::isfinite(last_val_loss_)) made.extra["val_loss"] = last_val_loss_;
  return made;
}

void Pretrainer::write_log(const EpochFigures& figures) {
  nlohmann::ordered_json line = {{"epoch", position_.epoch},
                                 {"step", position_.step},
                                 {"train_loss", meters_.mean_loss()},
                                 {"train_lr", meters_.mean_lr()}};
  if (validation_loader_) line["val_loss"] = figures.val_loss;
  if (std::isfinite(figures.probe_top1)) line["probe_top1"] = figures.probe_top1;
  line["images_per_second"] = static_cast<double>(epoch_images_) / epoch_s_;
  log_->append(line);
  const int64_t end = curve_step(plan_.batches_per_epoch);
  if (validation_loader_) curves_->add_scalar("val_loss", figures.val_loss, end);
  if (std::isfinite(figures.probe_top1)) curves_->add_scalar("probe_top1", figures.probe_top1, end);
}

void Pretrainer::show_progress(double loss) {
  const double elapsed = seconds_since(epoch_start_);
  const double rate = static_cast<double>(epoch_images_) / elapsed;
  progress_.update(position_.batch,
                   {{"loss", short_text(loss, 4)},
                    {"lr", short_text(lr_, 3)},
                    {"images/s", short_text(rate, 3)},
                    {"stall", fixed_text(100 * loader_->stall_seconds() / elapsed, 0) + "%"}});
}

void Pretrainer::fail(const std::string& what) const {
  throw_step_error(what, position_, *data_.train, step_samples_, run_.path());
}

/// TensorBoard's horizontal axis: thousandths of an epoch, as published.
int64_t Pretrainer::curve_step(int64_t batch) const {
  const double fraction = static_cast<double>(batch) / static_cast<double>(plan_.batches_per_epoch);
  return static_cast<int64_t>((fraction + static_cast<double>(position_.epoch)) * 1000);
}

}  // namespace

PretrainReport pretrain(MaskedModel& model, const PretrainData& data,
                        const PretrainOptions& options, const Checkpoint& description,
                        RunDirectory& run, Progress& progress) {
  return with_torch_errors(options.device, [&] {
    return Pretrainer(model, data, options, description, run, progress).train();
  });
}

}  // namespace mae
