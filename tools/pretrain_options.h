// The options of mae-pretrain, one function a heading.
#pragma once

#include <string>
#include <vector>

#include "job_options.h"
#include "launch_options.h"
#include "mae/cli/tool.h"
#include "mae/jobs/pretrain_job.h"

namespace mae::tools {

/// What the command line says in words.
struct PretrainWords {
  std::string augment = "crop", strategy = "random";
  std::string target = "pixels", predict = "all", qkv_bias = "qkv", pos_embed = "sincos2d";
  bool encoder_mask_tokens = false, cls_token = true;
  std::vector<std::string> fields;
  std::vector<double> crop_scale{0.2, 1.0}, betas{0.9, 0.95};
  double image_loss_weight = 1, text_loss_weight = 0.1, unpaired_text_loss_weight = 0;
  std::int64_t seed = 0;
};

inline void add_model_options(cli::Tool& tool, PretrainJob* job, PretrainWords* words) {
  cli::OptionSpec model{
      "--model",
      "named size (mae-vit-tiny-patch16, -small-, -base-, -large-, "
      "mae-vit-huge-patch14; others in mae-pretrain(1)), or a checkpoint or run to start "
      "from",
      "NAME|CKPT", "Model"};
  model.in_short_help = true;
  tool.add_option(&job->model, model);
  ModelSizes& sizes = job->sizes;
  const auto size = [&](auto* target, const char* name, const char* meaning) {
    tool.add_option(target, {name, meaning, "", "Model"});
  };
  size(&sizes.img_size, "--img-size", "picture size; 0: the shard's, or 224 for folders");
  size(&sizes.patch_size, "--patch-size", "patch size; 0: the shard's, or the named model's");
  size(&sizes.num_frames, "--frames", "frames of a clip; 0: the shard's, or the named model's");
  size(&sizes.tubelet_size, "--tubelet-size",
       "frames of a tubelet; 0: the shard's, or the named model's");
  size(&sizes.in_chans, "--in-chans", "channels; 0: the data's");
  size(&sizes.embed_dim, "--embed-dim", "width of the encoder; 0: the named model's");
  size(&sizes.depth, "--depth", "blocks of the encoder; 0: the named model's");
  size(&sizes.num_heads, "--num-heads", "attention heads of the encoder; 0: the named model's");
  size(&sizes.mlp_ratio, "--mlp-ratio", "hidden width of the MLPs over their width; 0: 4");
  size(&sizes.decoder_embed_dim, "--decoder-embed-dim", "width of the decoder; 0: 512");
  size(&sizes.decoder_depth, "--decoder-depth", "blocks of the decoder; 0: 8");
  size(&sizes.decoder_num_heads, "--decoder-num-heads", "heads of the decoder; 0: 16");
  cli::OptionSpec norm{"--norm-pix-loss",
                       "predict each patch normalised by its own mean and deviation", "", "Model"};
  norm.in_short_help = true;
  tool.add_switch(&sizes.norm_pix_loss, norm);
  tool.add_option(&words->fields,
                  {"--set", "any field of the model's configuration, such as depths=2,2,6,2",
                   "FIELD=VALUE", "Model"});
}

/// Ablations of the paper, and what re-implementations do otherwise.
inline void add_ablation_options(cli::Tool& tool, PretrainJob* job, PretrainWords* words) {
  const auto choice = [&](std::string* target, const char* name, const char* meaning,
                          std::vector<std::string> choices) {
    cli::OptionSpec spec{name, meaning, "NAME", "Ablations"};
    spec.choices = std::move(choices);
    tool.add_option(target, spec);
  };
  choice(&words->target, "--target",
         "what is predicted of a hidden patch: pixels; pixels normalised by the patch's mean and "
         "deviation (as --norm-pix-loss) or by those of each channel; its coefficients in a basis, "
         "or the nearest code of a codebook, which --target-file holds",
         {"pixels", "norm-pixels", "norm-pixels-channel", "pca", "tokens"});
  tool.add_option(&job->target_file, {"--target-file",
                                      "basis or codebook of mae-codebook, for --target pca or "
                                      "tokens; a run that is resumed has it",
                                      "FILE", "Ablations"});
  tool.add_switch(
      &words->encoder_mask_tokens,
      {"--encoder-mask-tokens",
       "show the encoder hidden patches as a learned token, instead of leaving them out", "",
       "Ablations"});
  choice(&words->predict, "--predict",
         "patches that the decoder's last layers compute; the loss is that of hidden ones anyway",
         {"all", "hidden"});
  choice(&words->qkv_bias, "--qkv-bias",
         "biases in attention: of queries, keys and values, of queries and values alone, or none",
         {"qkv", "qv", "none"});
  choice(&words->pos_embed, "--pos-embed",
         "table of positions: over columns and rows, or over the raster index",
         {"sincos2d", "sincos1d"});
  tool.add_switch(&words->cls_token,
                  {"--cls-token",
                   "have a class token; without one features are the mean of the "
                   "patches",
                   "", "Ablations"});
}

inline void add_data_options(cli::Tool& tool, PretrainJob* job, PretrainWords* words) {
  tool.add_operands(&job->inputs, "INPUT", "patch shards, folders of them, or picture folders");
  tool.add_files_from();
  add_exif_orientation(tool, &job->exif_orientation);
  tool.add_limit(&job->limit);
  add_stride(tool, &job->stride);
  tool.add_option(&job->validation,
                  {"--val", "shard or folder whose loss is measured after each epoch; repeatable",
                   "INPUT", "Input"});
  tool.add_option(&job->mean, {"--mean",
                               "pixel mean of each channel, in units of [0, 1]; default: the "
                               "shard's, or ImageNet's",
                               "M,...", "Input"});
  tool.add_option(&job->std,
                  {"--std", "pixel deviation of each channel, as --mean", "S,...", "Input"});
  cli::OptionSpec kind{"--augment",
                       "none, flip, crop-fixed (a window of fixed size), crop (random resized "
                       "crop) or crop-color; all but none also flip; multi-scale, which clips "
                       "have unless another one is given, does not",
                       "NAME", "Input"};
  kind.choices = {"none", "flip", "crop-fixed", "crop", "crop-color", "multi-scale"};
  kind.in_short_help = true;
  tool.add_option(&words->augment, kind);
  tool.add_switch(
      &job->training.augment.horizontal_flip,
      {"--horizontal-flip", "flip half of the pictures; off for digits and text", "", "Input"});
  tool.add_option(
      &words->crop_scale,
      {"--crop-scale", "smallest and largest share of the picture's area in a random crop",
       "MIN,MAX", "Input"});
}

inline void add_mask_options(cli::Tool& tool, PretrainJob* job, PretrainWords* words) {
  add_masking_options(tool, &job->training.masking.mask_ratio, &words->strategy,
                      /*with_file=*/false);
  tool.add_option(&job->masks, {"--masks",
                                "hide what this file of mae-mask hides, the same in every epoch; "
                                "default: fresh masks each epoch",
                                "FILE", "Masking"});
}

/// For models of pictures and text; losses' weights are fields of the configuration.
inline void add_text_options(cli::Tool& tool, PretrainJob* job, PretrainWords* words) {
  const auto add = [&](auto* target, const char* name, const char* meaning,
                       const char* value = "") {
    cli::OptionSpec spec{name, meaning, value, "Text"};
    if (name != std::string("--unpaired-text")) spec.minimum = 0;
    tool.add_option(target, spec);
  };
  add(&job->text.mask_ratio, "--text-mask-ratio",
      "share of the words of a caption that is hidden; --strategy random hides others in every "
      "sample of a batch",
      "RATIO");
  add(&words->image_loss_weight, "--image-loss-weight", "what the loss of hidden patches counts");
  add(&words->text_loss_weight, "--text-loss-weight", "what the loss of hidden words counts");
  add(&job->text.unpaired, "--unpaired-text",
      "file of text that belongs to no picture, a line each: so many as a batch has pictures are "
      "read beside each",
      "FILE");
  add(&job->text.unpaired_length, "--unpaired-text-length", "word pieces kept of such a line", "T");
  add(&words->unpaired_text_loss_weight, "--unpaired-text-loss-weight",
      "what the loss of words hidden in such lines counts");
}

inline void add_training_options(cli::Tool& tool, PretrainOptions* options, PretrainWords* words) {
  const auto add = [&](auto* target, const char* name, const char* meaning, double minimum,
                       bool in_short_help = false) {
    cli::OptionSpec spec{name, meaning, "", "Training"};
    spec.minimum = minimum;
    spec.in_short_help = in_short_help;
    tool.add_option(target, spec);
  };
  add(&options->epochs, "--epochs", "passes over the data; 0 writes the untrained model", 0, true);
  add(&options->warmup_epochs, "--warmup-epochs", "epochs in which the rate rises from zero", 0);
  add(&options->blr, "--blr", "learning rate for 256 samples; scaled to the effective batch", 0,
      true);
  add(&options->lr, "--lr", "learning rate itself; 0: from --blr", 0);
  add(&options->min_lr, "--min-lr", "rate at the end of the cosine", 0);
  add(&options->weight_decay, "--weight-decay", "decoupled weight decay of AdamW", 0);
  tool.add_option(&words->betas, {"--betas", "decay of AdamW's two moments", "B1,B2", "Training"});
  add(&options->accum_iter, "--accum-iter", "batches whose gradients make one step", 1);
  add(&options->clip_grad, "--clip-grad", "largest gradient norm; 0: not clipped, as published", 0);
}

inline void add_run_options(cli::Tool& tool, PretrainJob* job, PretrainWords* words) {
  tool.add_output(&job->output.path, "run folder");
  cli::OptionSpec resume{"--resume", "go on with the run in the folder, if there is one", "",
                         "Output"};
  resume.affects_result = false;
  resume.in_short_help = true;
  tool.add_switch(&job->resume, resume);
  add_save_options(tool, &job->training.save, &job->training.nan_skips);
  add_launch_options(tool, &job->launch, &job->training.overlap);
  add_checkpoint_activations(tool, &job->training.checkpoint_activations);
  cli::OptionSpec graph{"--cuda-graph",
                        "record the forward and backward pass once and replay it: less for the "
                        "host to do in each step; needs --device cuda and one process",
                        "", "Computing"};
  graph.affects_result = false;
  tool.add_switch(&job->training.cuda_graph, graph);
  // Where a run stops shows in the checkpoint's step; what it was trained with is the same.
  cli::OptionSpec steps{"--max-steps", "stop after N steps in all, to be resumed; 0: do not", "N",
                        "Output"};
  steps.affects_result = false;
  steps.minimum = 0;
  tool.add_option(&job->training.max_steps, steps);
  cli::OptionSpec probe{"--probe-every",
                        "epochs between k-NN probes of the encoder, logged as probe_top1; needs "
                        "labels and --val; 0: none",
                        "N", "Output"};
  probe.affects_result = false;  // it only looks
  probe.minimum = 0;
  tool.add_option(&job->training.probe_every, probe);
  tool.add_batch_size(&job->training.batch_size);
  tool.add_device(&job->training.device, &job->training.dtype);
  tool.add_seed(&words->seed);
  tool.add_threads(&job->training.threads);
}

}  // namespace mae::tools
