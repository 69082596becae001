// The options of mae-finetune, one function a heading.
#pragma once

#include <string>
#include <vector>

#include "job_options.h"
#include "launch_options.h"
#include "mae/cli/tool.h"
#include "mae/jobs/finetune_job.h"

namespace mae::tools {

/// What the command line says in words.
struct FinetuneWords {
  std::string augment = "crop", train_blocks = "all", aa = "rand-m9-mstd0.5-inc1";
  std::string remode = "pixel", class_weights = "none", clip_sampling = "dense";
  std::vector<double> crop_scale{0.08, 1.0}, betas{0.9, 0.999};
  std::int64_t seed = 0;
};

inline void add_model_options(cli::Tool& tool, FinetuneJob* job) {
  cli::OptionSpec model{"--model",
                        "pretrained checkpoint or run to start from, or a named size "
                        "(mae-vit-base-patch16 and so on) to train from scratch; with --eval the "
                        "classifier",
                        "CKPT|NAME", "Model"};
  model.in_short_help = true;
  tool.add_option(&job->model, model);
  const auto add = [&](auto* target, const char* name, const char* meaning) {
    tool.add_option(target, {name, meaning, "", "Model"});
  };
  ModelSizes& sizes = job->sizes;
  add(&sizes.img_size, "--img-size",
      "picture size; the position table is interpolated to it; 0: the checkpoint's, or from "
      "scratch the shard's or 224");
  add(&sizes.patch_size, "--patch-size", "patch size from scratch; 0: the shard's or the name's");
  add(&sizes.num_frames, "--frames", "frames of a clip from scratch; 0: the shard's or the name's");
  add(&sizes.in_chans, "--in-chans", "channels from scratch; 0: the data's");
  add(&sizes.embed_dim, "--embed-dim", "width from scratch; 0: the named size's");
  add(&sizes.depth, "--depth", "blocks from scratch; 0: the named size's");
  add(&sizes.num_heads, "--num-heads", "attention heads from scratch; 0: the named size's");
  add(&sizes.mlp_ratio, "--mlp-ratio", "hidden width of the MLPs over their width; 0: 4");
  tool.add_switch(&job->global_pool,
                  {"--global-pool",
                   "classify the mean of the patch tokens; with --no-global-pool the class token",
                   "", "Model"});
  cli::OptionSpec drop{"--drop-path",
                       "rate of stochastic depth in the last block; recipes: 0.1 for ViT-B, 0.2 "
                       "for L, 0.3 for H",
                       "RATE", "Model"};
  drop.minimum = 0;
  drop.maximum = 0.99;
  tool.add_option(&job->drop_path_rate, drop);
}

inline void add_data_options(cli::Tool& tool, FinetuneJob* job, FinetuneWords* words) {
  tool.add_operands(&job->train, "TRAIN",
                    "labelled patch shards, folders of them, or folders of "
                    "class folders",
                    /*at_least=*/0);
  tool.add_files_from();
  add_stride(tool, &job->stride);
  cli::OptionSpec sampling{"--clip-sampling",
                           "frames of a training clip: spread over a window anywhere (dense, as "
                           "for Kinetics), one of each of equal segments (segments, as for "
                           "Something-Something), or as in pretraining (strided)",
                           "NAME", "Input"};
  sampling.choices = {"dense", "segments", "strided"};
  tool.add_option(&words->clip_sampling, sampling);
  add_exif_orientation(tool, &job->exif_orientation);
  add_channels_policy(tool, &job->channels_policy);
  tool.add_limit(&job->limit);
  cli::OptionSpec validation{"--val", "set to evaluate after each epoch; repeatable", "INPUT",
                             "Input"};
  validation.in_short_help = true;
  tool.add_option(&job->validation, validation);
  tool.add_option(&job->mean, {"--mean",
                               "pixel mean of each channel, in units of [0, 1]; default: the "
                               "checkpoint's, or from scratch the shard's",
                               "M,...", "Input"});
  tool.add_option(&job->std,
                  {"--std", "pixel deviation of each channel, as --mean", "S,...", "Input"});
  cli::OptionSpec kind{"--augment",
                       "none, flip, crop-fixed (a window of fixed size), crop (random resized "
                       "crop) or crop-color; all but none also flip",
                       "NAME", "Augmentation"};
  kind.choices = {"none", "flip", "crop-fixed", "crop", "crop-color"};
  kind.in_short_help = true;
  tool.add_option(&words->augment, kind);
  tool.add_switch(&job->training.augment.horizontal_flip,
                  {"--horizontal-flip", "flip half of the pictures; off for digits and text", "",
                   "Augmentation"});
  tool.add_option(
      &words->crop_scale,
      {"--crop-scale", "smallest and largest share of the picture's area in a random crop",
       "MIN,MAX", "Augmentation"});
  tool.add_option(&words->aa,
                  {"--aa",
                   "RandAugment, rand-mM-nN-mstdS-incI: N operations of magnitude M, deviation S, "
                   "with I = 1 all growing with M; none: off, as with --augment none or crop-color",
                   "RAND|none", "Augmentation"});
  cli::OptionSpec jitter{"--color-jitter",
                         "change brightness, contrast and saturation by up to this share; with "
                         "--aa none",
                         "X", "Augmentation"};
  jitter.minimum = 0;
  tool.add_option(&job->training.augment.color_jitter, jitter);
}

inline void add_regularisation(cli::Tool& tool, FinetuneOptions* options, FinetuneWords* words) {
  const auto add = [&](double* target, const char* name, const char* meaning, double maximum) {
    cli::OptionSpec spec{name, meaning, "", "Augmentation"};
    spec.minimum = 0;
    spec.maximum = maximum;
    tool.add_option(target, spec);
  };
  add(&options->erasing.probability, "--reprob", "share of pictures of which a box is erased", 1);
  cli::OptionSpec remode{"--remode",
                         "what a box is filled with: noise (pixel), one random colour (rand) or "
                         "the mean (const)",
                         "NAME", "Augmentation"};
  remode.choices = {"pixel", "rand", "const"};
  tool.add_option(&words->remode, remode);
  cli::OptionSpec recount{"--recount", "erase 1 to N boxes, which share the area", "N",
                          "Augmentation"};
  recount.minimum = 1;
  tool.add_option(&options->erasing.max_count, recount);
  add(&options->mixup.mixup, "--mixup",
      "blend pictures in pairs, with a share from Beta(A, A); 0: off; the recipe is 0.8", 1e6);
  add(&options->mixup.cutmix, "--cutmix",
      "paste a box of one picture into another, as --mixup; with both, each has half the batches; "
      "the recipe is 1",
      1e6);
  add(&options->label_smoothing, "--smoothing", "share of a label spread over all classes", 0.99);
}

inline void add_training_options(cli::Tool& tool, FinetuneOptions* options, FinetuneWords* words) {
  const auto add = [&](auto* target, const char* name, const char* meaning, double minimum,
                       bool in_short_help = false) {
    cli::OptionSpec spec{name, meaning, "", "Training"};
    spec.minimum = minimum;
    spec.in_short_help = in_short_help;
    tool.add_option(target, spec);
  };
  add(&options->epochs, "--epochs", "passes over the data; recipes: 100 for ViT-B, 50 for L and H",
      1, true);
  add(&options->warmup_epochs, "--warmup-epochs", "epochs in which the rate rises from zero", 0);
  add(&options->blr, "--blr",
      "learning rate for 256 samples, scaled to the effective batch; the recipe of ViT-B is 5e-4",
      0, true);
  add(&options->lr, "--lr", "learning rate itself; 0: from --blr", 0);
  add(&options->min_lr, "--min-lr", "rate at the end of the cosine", 0);
  add(&options->layer_decay, "--layer-decay",
      "factor on the rate from each layer to the one below; the recipe of ViT-B is 0.65", 0);
  add(&options->weight_decay, "--weight-decay", "decoupled weight decay of AdamW", 0);
  tool.add_option(&words->betas, {"--betas", "decay of AdamW's two moments", "B1,B2", "Training"});
  add(&options->accum_iter, "--accum-iter", "batches whose gradients make one step", 1);
  add(&options->clip_grad, "--clip-grad", "largest gradient norm; 0: not clipped, as published", 0);
  cli::OptionSpec ema{"--model-ema",
                      "decay of a moving average of the weights, which is evaluated and saved in "
                      "their place; 0: off; from scratch the paper uses 0.9999",
                      "DECAY", "Training"};
  ema.minimum = 0;
  ema.maximum = 0.999999;
  tool.add_option(&options->model_ema, ema);
  cli::OptionSpec weights{"--class-weights",
                          "balanced: every class has the same share of the loss, however many "
                          "samples it has",
                          "NAME", "Training"};
  weights.choices = {"none", "balanced"};
  tool.add_option(&words->class_weights, weights);
  tool.add_option(&words->train_blocks,
                  {"--train-blocks",
                   "how many of the last blocks learn besides head and final norm: 0, 0.5 (the "
                   "MLP of the last), 1, 2, ..., or all; of several numbers each has a run, "
                   "RUN/blocks-K",
                   "K,...", "Training"});
}

inline void add_run_options(cli::Tool& tool, FinetuneJob* job, FinetuneWords* words,
                            std::string* chart) {
  tool.add_output(&job->output.path, "run folder; needed to train", /*required=*/false);
  const auto kept_out = [](const char* name, const char* meaning, const char* metavar) {
    cli::OptionSpec spec{name, meaning, metavar, "Output"};
    spec.affects_result = false;
    return spec;
  };
  cli::OptionSpec resume =
      kept_out("--resume", "go on with the run in the folder, if there is one", "");
  resume.in_short_help = true;
  tool.add_switch(&job->resume, resume);
  add_save_options(tool, &job->training.save, &job->training.nan_skips);
  add_launch_options(tool, &job->launch, &job->training.overlap);
  add_checkpoint_activations(tool, &job->training.checkpoint_activations);
  cli::OptionSpec steps =
      kept_out("--max-steps", "stop after N steps in all, to be resumed; 0: do not", "N");
  steps.minimum = 0;
  tool.add_option(&job->training.max_steps, steps);
  cli::OptionSpec only{"--eval", "do not train: evaluate the classifier --model on --val", "",
                       "Output"};
  only.in_short_help = true;
  tool.add_switch(&job->evaluate_only, only);
  const auto views = [&](std::int64_t* target, const char* name, const char* meaning) {
    cli::OptionSpec spec = kept_out(name, meaning, "N");
    spec.minimum = 1;
    tool.add_option(target, spec);
  };
  views(&job->views.segments, "--segments",
        "clips of each video, spread over it, whose answers are averaged, in --eval and tables");
  views(&job->views.crops, "--crops",
        "crops of each clip along its long side, likewise; published are 5 segments and 3 crops");
  tool.add_option(
      &job->predictions,
      kept_out("--predict", "TSV of the probabilities of every sample of --val", "FILE"));
  tool.add_option(
      &job->confusion,
      kept_out("--confusion", "TSV of counts on --val, true class by predicted class", "FILE"));
  tool.add_option(&job->class_accuracy,
                  kept_out("--per-class", "TSV of each class's accuracy on --val", "FILE"));
  tool.add_option(chart, kept_out("--chart", "draw top-1 over several --train-blocks", "FILE.svg"));
  tool.add_batch_size(&job->training.batch_size);
  tool.add_device(&job->training.device, &job->training.dtype);
  tool.add_seed(&words->seed);
  tool.add_threads(&job->training.threads);
}

}  // namespace mae::tools
