// mae-finetune: trains a classifier on a pretrained encoder, or evaluates one.
#include <cmath>

#include "finetune_options.h"
#include "mae/jobs/partial_curve.h"

namespace {

/// RandAugment or colour jitter, never both, as published; --augment none and crop-color leave no
/// place for RandAugment unless it is asked for, which is refused.
void take_color_options(const mae::cli::Tool& tool, const mae::tools::FinetuneWords& words,
                        mae::FinetuneJob* job) {
  mae::AugmentOptions& augment = job->training.augment;
  augment.rand_augment.reset();
  if (words.aa != "none") augment.rand_augment = mae::parse_rand_augment(words.aa);
  job->rand_augment_given = tool.given("--aa");
  const bool plain = augment.augment == mae::Augment::kNone;
  if (plain || augment.augment == mae::Augment::kCropColor) {
    if (augment.rand_augment && job->rand_augment_given) {
      throw mae::UsageError("does not go with --augment " + words.augment, "--aa",
                            "leave one of them out");
    }
    augment.rand_augment.reset();
  }
  if (augment.color_jitter > 0 && (plain || augment.rand_augment)) {
    throw mae::UsageError("does not go with " + (plain ? "--augment none" : "--aa " + words.aa),
                          "--color-jitter",
                          plain ? "choose another --augment" : "switch RandAugment off: --aa none");
  }
}

/// What the parsed words mean.
void take_words(const mae::cli::Tool& tool, const mae::tools::FinetuneWords& words,
                mae::FinetuneJob* job) {
  mae::tools::take_output_options(tool, &job->output);
  mae::FinetuneOptions& training = job->training;
  training.augment.augment = mae::parse_augment(words.augment);
  if (words.crop_scale.size() != 2) throw mae::UsageError("expected two numbers", "--crop-scale");
  training.augment.crop.min_scale = words.crop_scale[0];
  training.augment.crop.max_scale = words.crop_scale[1];
  take_color_options(tool, words, job);
  training.augment.clip_sampling = mae::parse_clip_sampling(words.clip_sampling);
  training.erasing.fill = mae::parse_erasing_fill(words.remode);
  training.balance_classes = words.class_weights == "balanced";
  if (words.betas.size() != 2) throw mae::UsageError("expected two numbers", "--betas");
  training.adamw.beta1 = words.betas[0];
  training.adamw.beta2 = words.betas[1];
  training.seed = static_cast<std::uint64_t>(words.seed);
}

nlohmann::ordered_json plan_lines(const mae::FinetuneJobReport& plan) {
  nlohmann::ordered_json lines = {{"model", plan.config.dump()}, {"parameters", plan.parameters}};
  if (plan.samples > 0) {
    lines["samples"] = plan.samples;
    lines["batch_size"] = plan.plan.batch_size;
    lines["steps_per_epoch"] = plan.plan.steps_per_epoch;
    lines["lr"] = plan.plan.schedule.lr;
  }
  lines["validation_samples"] = plan.validation_samples;
  return lines;
}

/// Figures that were not measured are left out.
void add(nlohmann::ordered_json* lines, const char* name, double value) {
  if (std::isfinite(value)) (*lines)[name] = value;
}

nlohmann::ordered_json evaluation_lines(const mae::FinetuneJobReport& done) {
  nlohmann::ordered_json lines = {{"samples", done.validation_samples},
                                  {"labelled", done.evaluation.labelled}};
  add(&lines, "loss", done.evaluation.loss);
  add(&lines, "top1", done.evaluation.top1);
  add(&lines, "top5", done.evaluation.top5);
  add(&lines, "mean_class_accuracy", done.mean_class_accuracy);
  return lines;
}

nlohmann::ordered_json training_lines(const mae::FinetuneJobReport& done) {
  const mae::FinetuneReport& training = done.training;
  nlohmann::ordered_json lines = {{"epochs", training.epochs}, {"steps", training.steps}};
  if (training.skipped_steps > 0) lines["skipped_steps"] = training.skipped_steps;
  add(&lines, "train_loss", training.train_loss);
  add(&lines, "val_loss", training.val_loss);
  add(&lines, "val_top1", training.val_top1);
  add(&lines, "val_top5", training.val_top5);
  add(&lines, "best_top1", training.best_top1);
  if (std::isfinite(training.best_top1)) lines["best_epoch"] = training.best_epoch + 1;
  lines["images_per_second"] = training.images_per_second;
  lines["peak_memory_bytes"] = training.peak_memory_bytes;
  lines["checkpoint"] = done.checkpoint;
  return lines;
}

void print_curve(mae::cli::Tool& tool, const std::vector<mae::PartialCurvePoint>& points) {
  std::vector<std::vector<nlohmann::json>> rows;
  for (const auto& point : points) {
    rows.push_back({point.blocks, point.parameters, point.top1, point.top5});
  }
  tool.report_table({"blocks", "parameters", "top1", "top5"}, rows);
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-finetune", "train a classifier on a pretrained encoder");
  mae::PartialCurveJob curve;
  mae::FinetuneJob& job = curve.finetune;
  job.training.threads = 0;  // all cores
  mae::tools::FinetuneWords words;
  tool.examples({"mae-finetune --model pretrained train.h5 --val test.h5 -o run --resume",
                 "mae-finetune --model run --eval --val test.h5 --predict test.tsv",
                 "mae-finetune --model pretrained train.h5 --val test.h5 -o run --train-blocks 4 "
                 "--mixup 0.8 --cutmix 1",
                 "mae-finetune --model pretrained train.h5 --val test.h5 -o curve --train-blocks "
                 "0,1,2,all --chart curve.svg",
                 "mae-finetune --model mae-vit-tiny-patch16 train --val test -o scratch "
                 "--epochs 300 --layer-decay 1 --model-ema 0.9999"});
  mae::tools::add_data_options(tool, &job, &words);
  mae::tools::add_regularisation(tool, &job.training, &words);
  mae::tools::add_run_options(tool, &job, &words, &curve.chart);
  mae::tools::add_model_options(tool, &job);
  mae::tools::add_training_options(tool, &job.training, &words);
  tool.run_and_leave(argc, argv, [&] {
    take_words(tool, words, &job);
    mae::tools::take_launch(tool, &job.launch);
    curve.blocks = mae::split_train_blocks(words.train_blocks);
    if (curve.blocks.size() > 1 && !job.launch.place.is_alone()) {
      throw mae::UsageError("several runs in one are for one process", "--train-blocks",
                            "give one number, or start without a launcher");
    }
    if (curve.blocks.size() > 1) {
      return print_curve(tool, mae::run_partial_curve(curve, tool.progress()));
    }
    if (!curve.chart.empty()) {
      throw mae::UsageError("one run makes no curve", "--chart",
                            "list several numbers: --train-blocks 0,1,2,all");
    }
    job.training.train_blocks = mae::parse_train_blocks(words.train_blocks);
    const mae::FinetuneJobReport done = mae::run_finetune_job(job, tool.progress());
    if (!done.is_first) return;
    if (tool.dry_run()) return tool.report(plan_lines(done));
    tool.report(job.evaluate_only ? evaluation_lines(done) : training_lines(done));
  });
}
