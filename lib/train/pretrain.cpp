// Every stop happens between two optimizer steps (or at the end of an epoch), where weights,
// optimizer state and position say everything: data order, augmentation and masks are functions of
// seed, epoch and sample.
#include "mae/train/pretrain.h"

#include <c10/core/GradMode.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/nn/recompute.h"
#include "mae/report/number_text.h"
#include "mae/train/epoch_meters.h"
#include "mae/train/graphed_pass.h"
#include "mae/train/guarded_steps.h"
#include "mae/train/param_groups.h"
#include "mae/train/peak_memory.h"
#include "mae/train/placed_batches.h"
#include "mae/train/pretrain_loader.h"
#include "mae/train/run_curves.h"
#include "mae/train/run_saver.h"
#include "mae/train/shared_state.h"
#include "mae/train/torch_error.h"
#include "mae/train/training_config.h"

namespace mae {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int64_t kept_checkpoints(const PretrainOptions& options) {
  return options.save.keep_every > 0 ? options.epochs / options.save.keep_every : 0;
}

/// What is measured between two epochs; NaN where it is not.
struct EpochFigures {
  double val_loss = kNotMeasured, probe_top1 = kNotMeasured;
};

class Pretrainer {
 public:
  Pretrainer(MaskedModel& model, const PretrainData& data, const PretrainOptions& options,
             const Checkpoint& description, RunDirectory& run, Progress& progress,
             ProcessGroup& group);
  PretrainReport train();

 private:
  void restore(const RunDirectory::Resumed& resumed);
  void train_epoch();
  void train_batch(const PlacedBatch& placed);
  void compute(const PlacedBatch& placed);
  Tensor pass(const PlacedBatch& placed);
  double read_loss(double weight);
  void read_parts(double weight);
  std::string bad_loss_of(const PlacedBatch& placed);
  std::vector<uint64_t> ids_of_masks(const Batch& batch, const SampleDataset& dataset) const;
  PatchSelection selection_of(const Batch& batch) const;
  PatchSelection validation_selection_of(const Batch& batch) const;
  void go_back();
  void end_epoch();
  std::optional<double> validate();
  bool probe_is_due() const;
  double probe();
  bool finished() const;
  bool trailing() const;  // the next batch belongs to the epoch's incomplete, discarded group
  void write_state();
  Checkpoint checkpoint() const;
  void write_log(const EpochFigures& figures);
  void show_progress(double loss);

  MaskedModel& model_;
  PretrainData data_;
  PretrainOptions options_;
  Checkpoint description_;
  RunDirectory& run_;
  Progress& progress_;
  ProcessGroup& group_;
  PretrainPlan plan_;
  Placement placement_;
  nlohmann::json config_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<GradientReducer> reducer_;
  std::unique_ptr<GraphedPass> graphed_;  // null without cuda_graph
  std::unique_ptr<PlacedBatches> batches_;
  std::unique_ptr<PlacedBatches> validation_batches_;  // null without validation data
  RunCurves curves_;
  std::unique_ptr<GuardedSteps> steps_;
  std::unique_ptr<RunSaver> saver_;

  TrainPosition position_;
  EpochMeters meters_;  // of the epoch under way
  double lr_ = 0;
  // Of this process's part of the last batch; on the device until they are read.
  Tensor loss_;
  std::vector<LossPart> parts_;
  double own_loss_ = 0;
  std::map<std::string, double> loss_parts_;  // of the last batch, whole
  double best_val_loss_ = kNotMeasured;
  double last_train_loss_ = kNotMeasured, last_val_loss_ = kNotMeasured,
         last_probe_top1_ = kNotMeasured;
  double train_s_ = 0, stall_s_ = 0;  // of this process
  int64_t images_ = 0;
  Clock::time_point epoch_start_;
  int64_t epoch_images_ = 0;
  double epoch_s_ = 0;  // of training, without what is measured afterwards
};

Pretrainer::Pretrainer(MaskedModel& model, const PretrainData& data, const PretrainOptions& options,
                       const Checkpoint& description, RunDirectory& run, Progress& progress,
                       ProcessGroup& group)
    : model_(model),
      data_(data),
      options_(options),
      description_(description),
      run_(run),
      progress_(progress),
      group_(group),
      plan_(plan_pretraining(options, data.train->size())),
      curves_(plan_.batches_per_epoch) {
  check_masks(data_, options_, model_);
  if (plan_.batch_size < options_.batch_size * options_.processes && group_.is_first())
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
  reducer_ = make_gradient_reducer(group_, parameters_of(*optimizer_), options_.overlap);
  const bool keep_stored = takes_stored_pixels(model_, placement_.device);
  if (options_.cuda_graph && !keep_stored)
    throw UsageError("works for models of the kind mae that predict pixels", "--cuda-graph",
                     "go without it");
  if (options_.cuda_graph)
    graphed_ = std::make_unique<GraphedPass>(
        make_work_graph(placement_.device), parameters_of(*optimizer_),
        [this](const PlacedBatch& placed) { return pass(placed); });
  steps_ = std::make_unique<GuardedSteps>(
      model_, *optimizer_, *data_.train, run_,
      GuardedSteps::Settings{options_.clip_grad, options_.nan_skips, plan_.steps_per_epoch});
  saver_ = std::make_unique<RunSaver>(
      options_.save, run_, steps_->guard(), group_, progress_, [this] { write_state(); },
      [this] { return checkpoint(); });
  const PixelStats stats{description_.preprocessing.mean, description_.preprocessing.std};
  const BatchPart part{group_.rank(), group_.size()};
  const auto batches_of = [&](const std::shared_ptr<const SampleDataset>& dataset, bool training,
                              PlacedBatches::Selection selection) {
    return std::make_unique<PlacedBatches>(
        make_pretrain_loader(dataset, options_, stats, plan_.batch_size, part, training,
                             keep_stored),
        std::move(selection), placement_.device);
  };
  batches_ = batches_of(data_.train, /*training=*/true,
                        [this](const Batch& batch) { return selection_of(batch); });
  if (data_.validation)
    validation_batches_ =
        batches_of(data_.validation, /*training=*/false,
                   [this](const Batch& batch) { return validation_selection_of(batch); });
}

PretrainReport Pretrainer::train() {
  const std::optional<RunDirectory::Resumed> resumed = run_.load();
  if (resumed) restore(*resumed);
  if (!resumed) broadcast_weights(model_, group_);
  if (resumed && finished() && group_.is_first())
    log_info("the run is finished; there is nothing left to train");
  if (!finished()) {
    run_.require_room(checkpoint(), *optimizer_, /*average=*/{}, kept_checkpoints(options_));
    curves_.open(run_, position_, resumed.has_value());
  }
  while (!finished()) train_epoch();
  saver_->save();
  PretrainReport report;
  report.epochs = position_.epoch;
  report.steps = position_.step;
  report.skipped_steps = steps_->guard().skipped();
  report.train_loss = meters_.iterations > 0 ? meters_.mean_loss() : last_train_loss_;
  report.val_loss = last_val_loss_;
  report.probe_top1 = last_probe_top1_;
  report.images_per_second = train_s_ > 0 ? static_cast<double>(images_) / train_s_ : 0;
  report.stall_share = train_s_ > 0 ? stall_s_ / train_s_ : 0;
  report.peak_memory_bytes = peak_memory_bytes(placement_.device);
  return report;
}

void Pretrainer::restore(const RunDirectory::Resumed& resumed) {
  const std::string where = run_.file("state.safetensors");
  check_same_config(resumed.training_config, config_, run_.path());
  // A target's file that was given when the run began need not be given again.
  const auto target_file = resumed.training_config.find("target-file");
  if (target_file != resumed.training_config.end()) config_["target-file"] = *target_file;
  load_state_dict(model_, resumed.checkpoint.tensors, where);
  optimizer_->load_state(resumed.optimizer, where);
  description_.provenance = resumed.checkpoint.provenance;
  position_ = resumed.position;
  saver_->mark_saved();
  const nlohmann::json& kept = position_.meters;
  try {
    meters_ = kept.at("epoch").get<EpochMeters>();
    best_val_loss_ = kept.value("best_val_loss", kNotMeasured);
    last_train_loss_ = kept.value("train_loss", kNotMeasured);
    last_val_loss_ = kept.value("val_loss", kNotMeasured);
    steps_->guard().restore(kept.value("guard", nlohmann::json()));
  } catch (const nlohmann::json::exception&) {
    throw DataError("the position in the run is damaged", where, "start a new run");
  }
}

void Pretrainer::train_epoch() {
  progress_.begin(
      "epoch " + std::to_string(position_.epoch + 1) + "/" + std::to_string(options_.epochs),
      plan_.batches_per_epoch, "batch");
  batches_->start_epoch(static_cast<uint32_t>(position_.epoch), position_.batch);
  epoch_start_ = Clock::now();
  epoch_images_ = 0;
  saver_->stop_if_interrupted();
  while (position_.batch < plan_.batches_per_epoch && !finished() && !steps_->must_go_back()) {
    const std::optional<PlacedBatch> batch = batches_->next();
    if (!batch) break;
    train_batch(*batch);
  }
  epoch_s_ = seconds_since(epoch_start_);
  train_s_ += epoch_s_;
  stall_s_ += batches_->stall_seconds();
  progress_.end();
  if (steps_->must_go_back()) return go_back();
  if (position_.batch == plan_.batches_per_epoch) end_epoch();
}

void Pretrainer::train_batch(const PlacedBatch& placed) {
  const Batch& batch = placed.batch;
  const int64_t i = position_.batch;
  if (i % options_.accum_iter == 0) {
    lr_ = lr_at(plan_.schedule,
                static_cast<double>(position_.epoch) +
                    static_cast<double>(i) / static_cast<double>(plan_.batches_per_epoch));
    steps_->begin();
  }
  const bool discarded = trailing();
  const bool needed = steps_->add(batch.whole, position_.step) || discarded;
  const bool ends_step = !discarded && (i + 1) % options_.accum_iter == 0;
  if (needed) compute(placed);
  // One process asks for the whole step before it waits for anything. Where several train, the loss
  // that decides is everybody's, and they have met over the gradients by now.
  const bool asks_first = needed && ends_step && group_.is_alone();
  if (asks_first) steps_->ask(loss_, lr_);
  batches_->look_ahead();
  const double value = needed ? read_loss(batch.weight()) : kNotMeasured;
  if (std::isfinite(value)) meters_.add(value, lr_, loss_parts_);
  if (needed && !discarded && !std::isfinite(value)) steps_->loss_failed(bad_loss_of(placed));
  if (ends_step && needed && !asks_first) steps_->ask(loss_, lr_);
  ++position_.batch;
  saver_->touch();
  images_ += static_cast<int64_t>(batch.whole.size());
  epoch_images_ += static_cast<int64_t>(batch.whole.size());
  show_progress(value);
  if (!ends_step) return;
  if (steps_->take(position_)) curves_.add_step(position_, i, value, lr_);
  ++position_.step;
  // At the end of an epoch its validation and log line come first.
  const bool between = position_.batch < plan_.batches_per_epoch && !steps_->must_go_back();
  if (between) saver_->after_step();
}

/// A part of a batch hides what the whole one would.
std::vector<uint64_t> Pretrainer::ids_of_masks(const Batch& batch,
                                               const SampleDataset& dataset) const {
  return mae::ids_of_masks(options_.masking, batch.ids, dataset.id(batch.whole.front()));
}

PatchSelection Pretrainer::selection_of(const Batch& batch) const {
  return data_.masks ? fixed_selection(*data_.masks, batch.indices)
                     : draw_selection(options_.masking, model_.mask_grid(), options_.seed,
                                      static_cast<uint32_t>(position_.epoch),
                                      ids_of_masks(batch, *data_.train));
}

/// The same in every epoch.
PatchSelection Pretrainer::validation_selection_of(const Batch& batch) const {
  return validation_selection(options_.masking, model_.mask_grid(), options_.seed,
                              ids_of_masks(batch, *data_.validation));
}

/// Leaves gradients behind, unless the batch belongs to a discarded group, which counts in the
/// epoch's mean, as published, but whose gradients would not be used. A loss that is not finite
/// leaves gradients that nobody takes.
void Pretrainer::compute(const PlacedBatch& placed) {
  parts_.clear();
  if (trailing()) {
    const c10::NoGradGuard no_grad;
    loss_ = masked_loss(model_, placed, placement_, &parts_);
  } else {
    loss_ = graphed_ ? graphed_->run(placed) : pass(placed);
  }
}

Tensor Pretrainer::pass(const PlacedBatch& placed) {
  const RecomputeGuard recomputed(options_.checkpoint_activations);
  const Tensor loss = masked_loss(model_, placed, placement_, &parts_);
  const bool ends_step = (position_.batch + 1) % options_.accum_iter == 0;
  reducer_->backward(loss * placed.batch.weight() / static_cast<double>(options_.accum_iter),
                     ends_step);
  return loss.detach();
}

/// Waits for the last batch. The loss is that of the whole one, so that all processes find the same
/// ones bad.
double Pretrainer::read_loss(double weight) {
  own_loss_ = loss_.item<double>();
  read_parts(weight);
  return group_.sum(own_loss_ * weight);
}

/// Of the whole batch, as the loss.
void Pretrainer::read_parts(double weight) {
  loss_parts_.clear();
  if (parts_.empty()) return;
  std::vector<double> values;
  for (const LossPart& part : parts_) values.push_back(part.value.item<double>() * weight);
  values = group_.sum(values);
  for (size_t i = 0; i < parts_.size(); ++i) loss_parts_[parts_[i].name] = values[i];
}

std::string Pretrainer::bad_loss_of(const PlacedBatch& placed) {
  const Batch& batch = placed.batch;
  const auto describe = [&] {
    return describe_bad_loss(
        model_, batch.images, names_of(*data_.train, batch.indices), [&](int64_t i) {
          return masked_loss(model_, batches_->sample_of(placed, i), placement_).item<double>();
        });
  };
  return group_.first_text(std::isfinite(own_loss_) ? std::string() : describe());
}

void Pretrainer::go_back() {
  steps_->go_back([this](const RunDirectory::Resumed& earlier) { restore(earlier); });
  curves_.open(run_, position_, /*resumed=*/true);
  saver_->touch();
  saver_->save();  // killed from here on, the run still knows what it leaves out
}

void Pretrainer::end_epoch() {
  saver_->stop_if_interrupted();
  std::optional<double> val_loss;
  if (validation_batches_) {
    val_loss = validate();
    saver_->stop_if_interrupted();
    if (!val_loss) return;
  }
  EpochFigures figures;
  figures.val_loss = val_loss.value_or(kNotMeasured);
  if (probe_is_due() && !steps_->guard().is_failing())
    figures.probe_top1 = last_probe_top1_ = probe();
  last_train_loss_ = meters_.mean_loss();
  last_val_loss_ = figures.val_loss;
  write_log(figures);
  position_.epoch += 1;
  position_.batch = 0;
  meters_ = {};
  saver_->touch();
  if (val_loss && std::isfinite(*val_loss) && !(*val_loss >= best_val_loss_)) {
    best_val_loss_ = *val_loss;
    run_.save_best(checkpoint());
  }
  saver_->after_epoch(position_.epoch);
}

/// Mean over samples, nothing augmented, the same masks after every epoch. Nothing when a signal
/// arrived.
std::optional<double> Pretrainer::validate() {
  const c10::NoGradGuard no_grad;
  model_.eval();
  progress_.begin("validate", validation_batches_->batches_per_epoch(), "batch");
  validation_batches_->start_epoch(0);
  double sum = 0;
  int64_t batches = 0;
  bool is_stopped = false;
  std::string bad;  // first sample of a batch whose loss is not finite
  while (const std::optional<PlacedBatch> placed =
             is_stopped ? std::nullopt : validation_batches_->next()) {
    // The last batch may have fewer samples than there are processes.
    const std::vector<int64_t>& samples = placed->batch.indices;
    if (!samples.empty()) {
      const Tensor asked = masked_loss(model_, *placed, placement_);
      validation_batches_->look_ahead();
      const double loss = asked.item<double>();
      if (!std::isfinite(loss) && bad.empty()) bad = data_.validation->name(samples.front());
      sum += loss * static_cast<double>(samples.size());
    }
    progress_.update(++batches);
    is_stopped = group_.max({static_cast<double>(pending_signal())}).front() != 0;
  }
  progress_.end();
  model_.train();
  if (is_stopped) return std::nullopt;
  bad = group_.first_text(bad);
  if (!bad.empty())
    throw NumericError(
        "the validation loss is not finite after epoch " + std::to_string(position_.epoch + 1), bad,
        "use a smaller --lr or float32; the last good save is kept");
  return group_.sum(sum) / static_cast<double>(data_.validation->size());
}

bool Pretrainer::probe_is_due() const {
  if (!data_.probe || options_.probe_every <= 0) return false;
  const int64_t done = position_.epoch + 1;
  return done % options_.probe_every == 0 || done == options_.epochs;
}

/// Rank 0's; the others wait for it.
double Pretrainer::probe() {
  const c10::NoGradGuard no_grad;
  model_.eval();
  double top1 = kNotMeasured;
  try {
    if (group_.is_first()) top1 = data_.probe(model_, placement_);
  } catch (const Interrupted&) {  // told to all in the next line
  }
  saver_->stop_if_interrupted();  // resumed, the run goes on at the end of this epoch
  model_.train();
  return group_.broadcast(top1);
}

bool Pretrainer::finished() const {
  return position_.epoch >= options_.epochs ||
         (options_.max_steps > 0 && position_.step >= options_.max_steps &&
          position_.batch < plan_.batches_per_epoch);
}

bool Pretrainer::trailing() const {
  return position_.batch >= plan_.steps_per_epoch * options_.accum_iter;
}

void Pretrainer::write_state() {
  position_.meters = {{"epoch", meters_}, {"guard", steps_->guard().state()}};
  const auto keep = [&](const char* name, double value) {
    if (std::isfinite(value)) position_.meters[name] = value;
  };
  keep("best_val_loss", best_val_loss_);
  keep("train_loss", last_train_loss_);
  keep("val_loss", last_val_loss_);
  run_.save(checkpoint(), *optimizer_, position_, config_);
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
  std::vector<std::pair<std::string, double>> points = {{"val_loss", figures.val_loss},
                                                        {"probe_top1", figures.probe_top1}};
  for (const auto& [name, sum] : meters_.part_sums) {
    line[name] = sum / static_cast<double>(meters_.iterations);
    points.emplace_back(name, line[name].get<double>());
  }
  if (validation_batches_) line["val_loss"] = figures.val_loss;
  if (std::isfinite(figures.probe_top1)) line["probe_top1"] = figures.probe_top1;
  line["images_per_second"] = static_cast<double>(epoch_images_) / epoch_s_;
  curves_.add_epoch(position_, line, points);
}

void Pretrainer::show_progress(double loss) {
  const double elapsed = seconds_since(epoch_start_);
  const double rate = static_cast<double>(epoch_images_) / elapsed;
  progress_.update(position_.batch,
                   {{"loss", short_text(loss, 4)},
                    {"lr", short_text(lr_, 3)},
                    {"images/s", short_text(rate, 3)},
                    {"stall", fixed_text(100 * batches_->stall_seconds() / elapsed, 0) + "%"}});
}

}  // namespace

PretrainReport pretrain(MaskedModel& model, const PretrainData& data,
                        const PretrainOptions& options, const Checkpoint& description,
                        RunDirectory& run, Progress& progress, ProcessGroup& group) {
  PretrainOptions shared = options;
  shared.processes = group.size();
  return with_torch_errors(options.device, [&] {
    return Pretrainer(model, data, shared, description, run, progress, group).train();
  });
}

}  // namespace mae
