// The options of mae-probe, one function a heading.
#pragma once

#include <string>
#include <vector>

#include "job_options.h"
#include "mae/cli/tool.h"
#include "mae/jobs/feature_extraction.h"
#include "mae/jobs/online_probe_job.h"
#include "mae/jobs/probe_job.h"

namespace mae::tools {

/// What the command line says before it is sorted into training and test set.
struct ProbeWords {
  std::vector<std::string> operands;
  bool online = false;
  std::string pool = "auto", augment = "crop";
  std::vector<double> crop_scale{0.08, 1.0};
  std::int64_t seed = 0;
};

inline void add_input_options(cli::Tool& tool, ProbeJob* job, ProbeWords* words) {
  tool.add_operands(
      &words->operands, "TRAIN TEST",
      "feature shards of mae-encode, or patch shards for the raw-pixel baseline; with "
      "--online patch shards or folders of class folders; several of each are "
      "divided by --",
      /*at_least=*/0);
  tool.add_option(&job->train, {"--train", "training shard; repeatable", "SHARD", "Input"});
  tool.add_option(&job->test, {"--test", "test shard; repeatable", "SHARD", "Input"});
  tool.add_limit(&job->limit);
  cli::OptionSpec method{"--method", "linear: one layer trained with LARS; knn: neighbours",
                         "NAME"};
  method.choices = {"linear", "knn"};
  method.in_short_help = true;
  tool.add_option(&job->method, method);
}

inline void add_linear_options(cli::Tool& tool, ProbeJob* job) {
  const auto add = [&](auto* target, const char* name, const char* meaning, double minimum) {
    cli::OptionSpec spec{name, meaning, "", "Linear probe"};
    spec.minimum = minimum;
    tool.add_option(target, spec);
  };
  LinearProbeOptions& linear = job->linear;
  // The published batch of 16384 gives a set of 8,000 samples 90 steps in all, and its rate of 0.1
  // for 256 samples then hardly moves the weights: LARS steps by a share of their length, so what
  // counts is the rate times the number of steps. 512 is what each of the published run's GPUs
  // normalised over, and 3.2 for 256 makes the published rate of 6.4 of it.
  linear.batch_size = 512;
  linear.blr = 3.2;
  tool.add_batch_size(&linear.batch_size);
  add(&linear.blr, "--blr",
      "learning rate for 256 samples; 3.2 and a batch of 512 make 6.4, the published rate, which "
      "for ImageNet comes from --batch-size 16384 --blr 0.1; smaller sets would get too few steps",
      0);
  add(&linear.lr, "--lr", "learning rate itself; 0: from --blr", 0);
  add(&linear.epochs, "--epochs", "passes over the training set", 1);
  add(&linear.warmup_epochs, "--warmup-epochs", "epochs in which the rate rises from zero", 0);
  add(&linear.weight_decay, "--weight-decay", "decay of the weights, 0 as published", 0);
  cli::OptionSpec sweep{"--sweep",
                        "choose the rate on a tenth of the training set, then train on all of it",
                        "", "Linear probe"};
  sweep.in_short_help = true;
  tool.add_switch(&job->sweep, sweep);
  tool.add_option(&job->sweep_lr,
                  {"--sweep-lr", "rates that --sweep tries", "LR,...", "Linear probe"});
}

/// What --online needs to know about pictures and encoder.
inline void add_online_options(cli::Tool& tool, OnlineProbe* online, ProbeWords* words) {
  const auto group = [](const char* name, const char* meaning, const char* metavar) {
    return cli::OptionSpec{name, meaning, metavar, "Online probe"};
  };
  cli::OptionSpec on = group("--online",
                             "the published protocol: pictures in, augmented anew in every epoch, "
                             "through the frozen encoder --model",
                             "");
  on.in_short_help = true;
  tool.add_switch(&words->online, on);
  cli::OptionSpec model = group("--model", "checkpoint or run folder of the encoder", "CKPT");
  model.in_short_help = true;
  tool.add_option(&online->model, model);
  cli::OptionSpec pool =
      group("--pool",
            "cls: the class token, as published; mean: of the patch tokens; auto: cls where "
            "there is one",
            "NAME");
  pool.choices = {"auto", "cls", "mean"};
  tool.add_option(&words->pool, pool);
  cli::OptionSpec augment = group(
      "--augment", "of training pictures: none, flip, crop-fixed, crop or crop-color", "NAME");
  augment.choices = {"none", "flip", "crop-fixed", "crop", "crop-color"};
  tool.add_option(&words->augment, augment);
  tool.add_option(
      &words->crop_scale,
      group("--crop-scale", "smallest and largest share of the picture's area in a random crop",
            "MIN,MAX"));
  tool.add_switch(
      &online->augment.horizontal_flip,
      group("--horizontal-flip", "flip half of the pictures; off for digits and text", ""));
  tool.add_option(&online->image_size,
                  group("--image-size",
                        "size that pictures of folders are brought to; 0x0: the "
                        "model's",
                        "HxW"));
  add_exif_orientation(tool, &online->exif_orientation);
  add_channels_policy(tool, &online->channels_policy);
  tool.add_device(&online->device, &online->dtype);
}

/// What the words mean. Of stored features no encoder is asked; the other options may well come
/// from the environment, and do no harm.
inline void take_online_words(const cli::Tool& tool, const ProbeWords& words, OnlineProbe* online) {
  if (!words.online && tool.given("--model")) {
    throw UsageError("stored features need no encoder", "--model", "add --online, or leave it out");
  }
  online->pool = parse_pool(words.pool);
  online->augment.augment = parse_augment(words.augment);
  if (words.crop_scale.size() != 2) throw UsageError("expected two numbers", "--crop-scale");
  online->augment.crop.min_scale = words.crop_scale[0];
  online->augment.crop.max_scale = words.crop_scale[1];
}

inline void add_knn_options(cli::Tool& tool, ProbeJob* job) {
  cli::OptionSpec k{"--k", "numbers of neighbours; one result each", "N,...", "Nearest neighbours"};
  k.in_short_help = true;
  tool.add_option(&job->knn.k, k);
  tool.add_option(&job->knn.temperature,
                  {"--temperature", "a neighbour of cosine similarity s votes exp(s / T)", "T",
                   "Nearest neighbours"});
}

inline void add_few_shot_options(cli::Tool& tool, FewShotOptions* few_shot) {
  cli::OptionSpec shots{"--shots",
                        "learn from as many training samples of each class, drawn repeatedly; "
                        "a result for each number",
                        "N,...", "Few shots"};
  shots.in_short_help = true;
  tool.add_option(&few_shot->shots, shots);
  cli::OptionSpec repeats{"--repeats", "draws for each number of --shots", "N", "Few shots"};
  repeats.minimum = 1;
  tool.add_option(&few_shot->repeats, repeats);
}

inline void add_output_options(cli::Tool& tool, ProbeJob* job) {
  tool.add_output(&job->output.path, "save the linear classifier here, FILE.safetensors",
                  /*required=*/false);
  const auto table = [&](std::string* target, const char* name, const char* meaning) {
    cli::OptionSpec spec{name, meaning, "FILE", "Output"};
    spec.affects_result = false;  // of the classifier, whose provenance is recorded
    tool.add_option(target, spec);
  };
  table(&job->predictions, "--predictions", "TSV of every test sample's probabilities");
  table(&job->confusion, "--confusion", "TSV of counts, true class by predicted class");
}

}  // namespace mae::tools
