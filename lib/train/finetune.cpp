// The loop of pretrain.cpp with labels: every stop happens between two optimizer steps or at the
// end of an epoch, and every random choice is a function of seed, epoch and sample (or batch).
#include "mae/train/finetune.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/data/batch_loader.h"
#include "mae/data/clip_augment.h"
#include "mae/models/registry.h"
#include "mae/nn/recompute.h"
#include "mae/report/number_text.h"
#include "mae/train/class_weights.h"
#include "mae/train/classifier_evaluation.h"
#include "mae/train/copy_stream.h"
#include "mae/train/device.h"
#include "mae/train/drop_path.h"
#include "mae/train/epoch_meters.h"
#include "mae/train/finetune_config.h"
#include "mae/train/finetune_loader.h"
#include "mae/train/guarded_steps.h"
#include "mae/train/label_smoothing.h"
#include "mae/train/masked_pass.h"
#include "mae/train/peak_memory.h"
#include "mae/train/run_curves.h"
#include "mae/train/run_saver.h"
#include "mae/train/shared_state.h"
#include "mae/train/torch_error.h"
#include "mae/train/training_config.h"
#include "mae/train/weight_average.h"

namespace mae {
namespace {

using Clock = std::chrono::steady_clock;

/// What a batch becomes before it is classified, on the device.
struct Examples {
  Tensor images;     // [B, C, H, W], erased and mixed
  Tensor targets;    // [B, K]
  Tensor drop_path;  // [depth, 2, B]; undefined without stochastic depth
};

/// A batch on its way to the device.
struct PreparedBatch {
  Examples examples;  // images not mixed yet
  MixupDraw mix;
  std::vector<int64_t> indices, whole;  // of its samples, and of the whole batch's
  double weight = 1;                    // in a mean over the whole batch
};

class Finetuner {
 public:
  Finetuner(Classifier& model, const FinetuneData& data, const FinetuneOptions& options,
            const Checkpoint& description, RunDirectory& run, Progress& progress,
            ProcessGroup& group);
  FinetuneReport train();

 private:
  void start_average();
  void restore(const RunDirectory::Resumed& resumed);
  void train_epoch();
  void look_ahead();
  std::optional<PreparedBatch> next_batch();
  void train_batch(const PreparedBatch& batch);
  Tensor part_loss(const Examples& examples);
  void compute(const Examples& examples, double weight);
  double read_loss(double weight);
  std::string bad_loss_of(const Examples& examples, const std::vector<int64_t>& indices);
  void go_back();
  void end_epoch();
  void evaluate();
  bool finished() const;
  int64_t used_batches() const { return plan_.steps_per_epoch * options_.accum_iter; }
  void write_state();
  Checkpoint checkpoint() const;
  Checkpoint published() const;
  StateDict average() const;
  void write_log();

  Classifier& model_;
  FinetuneData data_;
  FinetuneOptions options_;
  Checkpoint description_;
  RunDirectory& run_;
  Progress& progress_;
  ProcessGroup& group_;
  FinetunePlan plan_;
  PixelStats stats_;
  Placement placement_;
  nlohmann::json config_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<GradientReducer> reducer_;
  std::shared_ptr<Classifier> average_;  // null without model_ema
  Tensor class_weights_;                 // [K], undefined where all are 1
  std::unique_ptr<BatchLoader> loader_;
  RunCurves curves_;
  std::unique_ptr<GuardedSteps> steps_;
  std::unique_ptr<RunSaver> saver_;

  TrainPosition position_;
  EpochMeters meters_;  // of the epoch under way
  double lr_ = 0;
  std::optional<CopyStream> copies_;
  std::optional<PreparedBatch> ahead_;  // the batch after this one
  int64_t batches_read_ = 0;            // of this epoch
  Tensor loss_;  // of this process's part of the last batch; on the device until read
  double own_loss_ = 0;
  double train_loss_ = kNotMeasured, val_loss_ = kNotMeasured, val_top1_ = kNotMeasured,
         val_top5_ = kNotMeasured;
  double best_top1_ = kNotMeasured;
  int64_t best_epoch_ = 0;
  double train_s_ = 0;  // of this process
  int64_t images_ = 0;
};

Finetuner::Finetuner(Classifier& model, const FinetuneData& data, const FinetuneOptions& options,
                     const Checkpoint& description, RunDirectory& run, Progress& progress,
                     ProcessGroup& group)
    : model_(model),
      data_(data),
      options_(options),
      description_(description),
      run_(run),
      progress_(progress),
      group_(group),
      plan_(plan_finetuning(options, data.train->size())),
      stats_{description.preprocessing.mean, description.preprocessing.std},
      curves_(plan_.batches_per_epoch) {
  check_training_labels(*data_.train, model_.num_classes());
  if (plan_.batch_size < options_.batch_size * options_.processes && group_.is_first()) {
    log_warning("the batch is cut to the " + std::to_string(plan_.batch_size) +
                " samples there are");
  }
  set_compute_threads(options_.threads);
  placement_ = {open_device(options_.device), parse_dtype(options_.dtype)};
  copies_.emplace(placement_.device);
  options_.augment.img_size = model_.img_size();
  if (options_.augment.rand_augment)
    options_.augment.rand_augment->fill = rand_augment_fill(stats_.mean, model_.num_frames());
  description_.config = model_.config();
  description_.tensors.clear();
  config_ = finetune_config(options_, plan_, data_, description_);
  train_last_blocks(model_, options_.train_blocks);
  model_.to(placement_.device, placement_.weight_dtype());
  optimizer_ = make_adamw(layer_decay_groups(model_, options_.weight_decay, options_.layer_decay),
                          options_.adamw);
  reducer_ = make_gradient_reducer(group_, parameters_of(*optimizer_), options_.overlap);
  loader_ = make_finetune_loader(data_, options_, plan_, {group_.rank(), group_.size()}, stats_);
  if (options_.model_ema > 0) start_average();
  if (options_.balance_classes) {
    class_weights_ = balanced_class_weights(*data_.train, model_.num_classes());
  }
  steps_ = std::make_unique<GuardedSteps>(
      model_, *optimizer_, *data_.train, run_,
      GuardedSteps::Settings{options_.clip_grad, options_.nan_skips, plan_.steps_per_epoch});
  saver_ = std::make_unique<RunSaver>(
      options_.save, run_, steps_->guard(), group_, progress_, [this] { write_state(); },
      [this] { return published(); });
}

void Finetuner::start_average() {
  average_ = make_classifier_model(model_.config());
  load_state_dict(*average_, state_dict(model_), "the averaged weights");
  average_->to(placement_.device, placement_.weight_dtype());
}

FinetuneReport Finetuner::train() {
  const std::optional<RunDirectory::Resumed> resumed = run_.load();
  if (resumed) restore(*resumed);
  if (!resumed) broadcast_weights(model_, group_);
  if (!resumed && average_) load_state_dict(*average_, state_dict(model_), "the averaged weights");
  if (finished()) {
    if (group_.is_first()) log_info("the run is finished; there is nothing left to train");
  } else {
    const int64_t every = options_.save.keep_every;
    run_.require_room(checkpoint(), *optimizer_, average(),
                      every > 0 ? options_.epochs / every : 0);
    curves_.open(run_, position_, resumed.has_value());
  }
  while (!finished()) train_epoch();
  saver_->save();
  if (average_) load_state_dict(model_, state_dict(*average_), "the averaged weights");
  FinetuneReport report;
  report.epochs = position_.epoch;
  report.steps = position_.step;
  report.skipped_steps = steps_->guard().skipped();
  report.train_loss = meters_.iterations > 0 ? meters_.mean_loss() : train_loss_;
  report.val_loss = val_loss_;
  report.val_top1 = val_top1_;
  report.val_top5 = val_top5_;
  report.best_top1 = best_top1_;
  report.best_epoch = best_epoch_;
  report.images_per_second = train_s_ > 0 ? static_cast<double>(images_) / train_s_ : 0;
  report.peak_memory_bytes = peak_memory_bytes(placement_.device);
  return report;
}

void Finetuner::restore(const RunDirectory::Resumed& resumed) {
  const std::string where = run_.file("state.safetensors");
  check_same_config(resumed.training_config, config_, run_.path());
  load_state_dict(model_, resumed.checkpoint.tensors, where);
  optimizer_->load_state(resumed.optimizer, where);
  if (average_) load_state_dict(*average_, resumed.average, where);
  description_.provenance = resumed.checkpoint.provenance;
  position_ = resumed.position;
  saver_->mark_saved();
  const nlohmann::json& kept = position_.meters;
  try {
    meters_ = kept.at("epoch").get<EpochMeters>();
    train_loss_ = kept.value("train_loss", kNotMeasured);
    val_loss_ = kept.value("val_loss", kNotMeasured);
    val_top1_ = kept.value("val_top1", kNotMeasured);
    val_top5_ = kept.value("val_top5", kNotMeasured);
    best_top1_ = kept.value("best_top1", kNotMeasured);
    best_epoch_ = kept.value("best_epoch", int64_t{0});
    steps_->guard().restore(kept.value("guard", nlohmann::json()));
  } catch (const nlohmann::json::exception&) {
    throw DataError("the position in the run is damaged", where, "start a new run");
  }
}

void Finetuner::train_epoch() {
  progress_.begin(
      "epoch " + std::to_string(position_.epoch + 1) + "/" + std::to_string(options_.epochs),
      used_batches(), "batch");
  loader_->start_epoch(static_cast<uint32_t>(position_.epoch), position_.batch);
  batches_read_ = position_.batch;
  ahead_.reset();
  const Clock::time_point start = Clock::now();
  saver_->stop_if_interrupted();
  while (position_.batch < used_batches() && !finished() && !steps_->must_go_back()) {
    const std::optional<PreparedBatch> batch = next_batch();
    if (!batch) break;
    train_batch(*batch);
  }
  train_s_ += std::chrono::duration<double>(Clock::now() - start).count();
  progress_.end();
  if (steps_->must_go_back()) return go_back();
  if (position_.batch == used_batches()) end_epoch();
}

void Finetuner::train_batch(const PreparedBatch& batch) {
  const int64_t i = position_.batch;
  if (i % options_.accum_iter == 0) {
    lr_ = lr_at(plan_.schedule,
                static_cast<double>(position_.epoch) +
                    static_cast<double>(i) / static_cast<double>(plan_.batches_per_epoch));
    steps_->begin();
  }
  images_ += static_cast<int64_t>(batch.whole.size());
  const bool ends_step = (i + 1) % options_.accum_iter == 0;
  double value = kNotMeasured;
  if (steps_->add(batch.whole, position_.step)) {
    compute(batch.examples, batch.weight);
    // As in pretraining: one process waits for nothing until the whole step is asked for.
    const bool asks_first = ends_step && group_.is_alone();
    if (asks_first) steps_->ask(loss_, lr_);
    look_ahead();
    value = read_loss(batch.weight);
    if (std::isfinite(value)) meters_.add(value, lr_);
    if (!std::isfinite(value)) steps_->loss_failed(bad_loss_of(batch.examples, batch.indices));
    if (ends_step && !asks_first) steps_->ask(loss_, lr_);
  }
  ++position_.batch;
  saver_->touch();
  progress_.update(position_.batch, {{"loss", short_text(value, 4)}, {"lr", short_text(lr_, 3)}});
  if (!ends_step) return;
  if (steps_->take(position_)) {
    if (average_) update_average(*average_, model_, options_.model_ema);
    curves_.add_step(position_, i, value, lr_);
  }
  ++position_.step;
  // At the end of an epoch its evaluation and log line come first.
  if (position_.batch < used_batches() && !steps_->must_go_back()) saver_->after_step();
}

/// The batch after this one is read, erased and on its way while the device still computes.
void Finetuner::look_ahead() {
  std::optional<Batch> batch = loader_->next();
  if (!batch) return;
  const auto epoch = static_cast<uint32_t>(position_.epoch);
  PreparedBatch next;
  erase_randomly(batch->images, options_.erasing, options_.seed, epoch, batch->ids);
  next.examples.images = copies_->send(batch->images.to(placement_.weight_dtype()));
  RandomStream random(options_.seed, "mixup", epoch, static_cast<uint64_t>(batches_read_++));
  next.mix = draw_mixup(options_.mixup, model_.img_size(), random);
  Tensor targets =
      soft_targets(batch->labels, model_.num_classes(), options_.label_smoothing, next.mix.lam);
  if (class_weights_.defined()) targets = targets * class_weights_;
  next.examples.targets = copies_->send(targets);
  if (model_.drop_path_rate() > 0)
    next.examples.drop_path =
        copies_->send(draw_drop_path(model_.depth(), options_.seed, epoch, batch->ids));
  next.weight = batch->weight();
  next.indices = std::move(batch->indices);
  next.whole = std::move(batch->whole);
  ahead_ = std::move(next);
}

/// Erased, then mixed, as published.
std::optional<PreparedBatch> Finetuner::next_batch() {
  if (!ahead_) look_ahead();
  copies_->join();
  std::optional<PreparedBatch> batch = std::exchange(ahead_, std::nullopt);
  if (batch && options_.mixup.enabled())
    batch->examples.images = mix_images(batch->examples.images, batch->mix);
  return batch;
}

Tensor Finetuner::part_loss(const Examples& examples) {
  const AutocastGuard autocast(placement_.device, placement_.dtype);
  return soft_target_loss(model_.forward(examples.images, examples.drop_path), examples.targets);
}

/// Leaves gradients behind where they are wanted.
void Finetuner::compute(const Examples& examples, double weight) {
  const RecomputeGuard recomputed(options_.checkpoint_activations);
  loss_ = part_loss(examples);
  const bool ends_step = (position_.batch + 1) % options_.accum_iter == 0;
  if (loss_.requires_grad())
    reducer_->backward(loss_ * weight / static_cast<double>(options_.accum_iter), ends_step);
  loss_ = loss_.detach();
}

/// Waits for the last batch; of the whole one.
double Finetuner::read_loss(double weight) {
  own_loss_ = loss_.item<double>();
  return group_.sum(own_loss_ * weight);
}

std::string Finetuner::bad_loss_of(const Examples& examples, const std::vector<int64_t>& indices) {
  const auto describe = [&] {
    return describe_bad_loss(model_, examples.images, names_of(*data_.train, indices),
                             [&](int64_t i) {
                               Examples one{examples.images.narrow(/*dim=*/0, i, 1),
                                            examples.targets.narrow(/*dim=*/0, i, 1),
                                            {}};
                               if (examples.drop_path.defined())
                                 one.drop_path = examples.drop_path.narrow(/*dim=*/2, i, 1);
                               return part_loss(one).item<double>();
                             });
  };
  return group_.first_text(std::isfinite(own_loss_) ? std::string() : describe());
}

void Finetuner::go_back() {
  steps_->go_back([this](const RunDirectory::Resumed& earlier) { restore(earlier); });
  curves_.open(run_, position_, /*resumed=*/true);
  saver_->touch();
  saver_->save();  // killed from here on, the run still knows what it leaves out
}

void Finetuner::end_epoch() {
  saver_->stop_if_interrupted();
  // While steps fail the weights may be spoilt; what to do about it is not for the evaluation to
  // say.
  if (steps_->guard().is_failing()) val_loss_ = val_top1_ = val_top5_ = kNotMeasured;
  if (data_.validation && !steps_->guard().is_failing()) evaluate();
  train_loss_ = meters_.mean_loss();
  write_log();
  const int64_t epoch = position_.epoch;
  position_.epoch += 1;
  position_.batch = 0;
  meters_ = {};
  saver_->touch();
  if (data_.validation && val_top1_ > (std::isnan(best_top1_) ? -1 : best_top1_)) {
    best_top1_ = val_top1_;
    best_epoch_ = epoch;
    run_.save_best(published());
  }
  saver_->after_epoch(position_.epoch);
}

void Finetuner::evaluate() {
  EvaluationOptions evaluation;
  evaluation.batch_size = plan_.batch_size;
  evaluation.threads = loader_threads(options_);
  evaluation.device = options_.device;
  evaluation.dtype = options_.dtype;
  evaluation.stats = stats_;
  ClassifierEvaluation part;
  try {
    Classifier& judged = average_ ? *average_ : model_;
    part = evaluate_part(judged, data_.validation, evaluation, progress_, group_);
  } catch (const Interrupted&) {  // told to all in the next line
  }
  saver_->stop_if_interrupted();  // a resumed run begins with this evaluation
  const ClassifierEvaluation whole = join_evaluations(part, group_);
  val_loss_ = whole.loss;
  val_top1_ = whole.top1;
  val_top5_ = whole.top5;
}

bool Finetuner::finished() const {
  return position_.epoch >= options_.epochs ||
         (options_.max_steps > 0 && position_.step >= options_.max_steps &&
          position_.batch < used_batches());
}

void Finetuner::write_state() {
  position_.meters = {
      {"epoch", meters_}, {"best_epoch", best_epoch_}, {"guard", steps_->guard().state()}};
  const auto keep = [&](const char* name, double value) {
    if (std::isfinite(value)) position_.meters[name] = value;
  };
  keep("train_loss", train_loss_);
  keep("val_loss", val_loss_);
  keep("val_top1", val_top1_);
  keep("val_top5", val_top5_);
  keep("best_top1", best_top1_);
  run_.save(checkpoint(), *optimizer_, position_, config_, average());
}

Checkpoint Finetuner::checkpoint() const {
  Checkpoint made = description_;
  made.tensors = state_dict(model_);
  made.extra["epoch"] = position_.epoch;
  made.extra["step"] = position_.step;
  if (std::isfinite(train_loss_)) made.extra["train_loss"] = train_loss_;
  if (std::isfinite(val_loss_)) made.extra["val_loss"] = val_loss_;
  if (std::isfinite(val_top1_)) made.extra["val_top1"] = val_top1_;
  if (average_) made.extra["model_ema"] = options_.model_ema;
  return made;
}

/// With the averaged weights where there are any.
Checkpoint Finetuner::published() const {
  Checkpoint made = checkpoint();
  if (average_) made.tensors = average();
  return made;
}

StateDict Finetuner::average() const { return average_ ? state_dict(*average_) : StateDict(); }

void Finetuner::write_log() {
  nlohmann::ordered_json line = {{"epoch", position_.epoch},
                                 {"step", position_.step},
                                 {"train_loss", train_loss_},
                                 {"train_lr", meters_.mean_lr()}};
  std::vector<std::pair<std::string, double>> points;
  if (data_.validation)
    points = {{"val_loss", val_loss_}, {"val_top1", val_top1_}, {"val_top5", val_top5_}};
  for (const auto& [name, value] : points) line[name] = value;
  curves_.add_epoch(position_, line, points);
}

}  // namespace

FinetuneReport finetune(Classifier& model, const FinetuneData& data, const FinetuneOptions& options,
                        const Checkpoint& description, RunDirectory& run, Progress& progress,
                        ProcessGroup& group) {
  FinetuneOptions shared = options;
  shared.processes = group.size();
  return with_torch_errors(options.device, [&] {
    return Finetuner(model, data, shared, description, run, progress, group).train();
  });
}

void check_training_labels(const SampleDataset& train, int64_t num_classes) {
  for (int64_t i = 0; i < train.size(); ++i) {
    const int64_t label = train.label(i);
    if (label >= 0 && label < num_classes) continue;
    throw DataError(label < 0 ? std::string("the sample has no label")
                              : "label " + std::to_string(label) + " is not one of the model's " +
                                    std::to_string(num_classes) + " classes",
                    train.name(i), "fine-tuning needs the class of every training sample");
  }
}

}  // namespace mae
