// Options that several tools share because their jobs share structs: output, model, pictures and
// masks.
#pragma once

#include <string>

#include "mae/base/error.h"
#include "mae/cli/tool.h"
#include "mae/jobs/inference.h"
#include "mae/jobs/job_support.h"
#include "mae/train/save_options.h"

namespace mae::tools {

/// Copies --no-clobber, --if-changed and --dry-run; call when parsing is over.
inline void take_output_options(const cli::Tool& tool, JobOutput* output) {
  output->overwrite = tool.no_clobber() ? Overwrite::kRefuse : Overwrite::kReplace;
  output->if_changed = tool.if_changed();
  output->dry_run = tool.dry_run();
}

/// --stride
inline void add_stride(cli::Tool& tool, std::int64_t* target) {
  cli::OptionSpec stride{"--stride",
                         "frames of a video from one of a clip to the next; 0: what the model was "
                         "trained with, or 4; shards have theirs",
                         "N", "Input"};
  stride.minimum = 0;
  tool.add_option(target, stride);
}

/// --exif-orientation, --max-pixels and --strict
inline void add_exif_orientation(cli::Tool& tool, bool* target) {
  tool.add_picture_limits();
  tool.add_switch(target, {"--exif-orientation",
                           "turn pictures of folders upright as their EXIF data say; without it "
                           "these are ignored, as published",
                           "", "Input"});
}

/// --channels-policy
inline void add_channels_policy(cli::Tool& tool, std::string* target) {
  cli::OptionSpec policy{"--channels-policy",
                         "for pictures of another number of channels than the model's: refuse "
                         "them, put the mean of their channels into each of the model's, or repeat "
                         "their channels",
                         "POLICY", "Input"};
  policy.choices = {"error", "average", "repeat"};
  tool.add_option(target, policy);
}

/// --model, the operands, --image-size, --stride, --exif-orientation, --channels-policy, --limit,
/// --on-error,
/// --batch-size, --device, --dtype, -j.
inline void add_inference_options(cli::Tool& tool, InferenceOptions* options, std::string* rejects,
                                  std::vector<std::string> dtypes = {"float32", "bfloat16"},
                                  const std::string& dtype_meaning = "") {
  tool.add_operands(&options->inputs, "INPUT", "patch shards, folders of them, or picture folders");
  tool.add_files_from();
  cli::OptionSpec model{"--model", "checkpoint of any layout that mae-convert reads, or run folder",
                        "CKPT"};
  model.required = model.in_short_help = true;
  tool.add_option(&options->model, model);
  tool.add_option(&options->image_size,
                  {"--image-size",
                   "size that pictures of folders are brought to, a multiple of the model's patch "
                   "size; the position tables are interpolated to it; 0x0: the model's",
                   "HxW", "Input"});
  add_stride(tool, &options->stride);
  add_exif_orientation(tool, &options->exif_orientation);
  add_channels_policy(tool, &options->channels_policy);
  tool.add_limit(&options->limit);
  tool.add_on_error(&options->skip_bad_images, rejects);
  tool.add_batch_size(&options->batch_size, /*affects_result=*/false);
  tool.add_device(&options->device, &options->dtype, std::move(dtypes), dtype_meaning);
  tool.add_threads(&options->threads);
}

/// --mask-ratio and --strategy of drawn masks.
inline void add_masking_options(cli::Tool& tool, double* mask_ratio, std::string* strategy,
                                bool with_file) {
  cli::OptionSpec ratio{"--mask-ratio", "share of the patches that is hidden", "RATIO", "Masking"};
  ratio.minimum = 0;
  ratio.maximum = 1;
  ratio.in_short_help = true;
  tool.add_option(mask_ratio, ratio);
  cli::OptionSpec how{"--strategy",
                      "how masks are drawn: random patches, blocks, one of 2 x 2 (grid: "
                      "the same one; uniform: any), the same patches at all times (tube, of "
                      "clips), or as a paper does",
                      "NAME", "Masking"};
  how.choices = {"random", "block", "grid", "uniform", "mixed", "complementary", "shared", "tube"};
  if (with_file) {
    how.meaning += "; file: a region from --from-image or --from-list";
    how.choices.emplace_back("file");
  }
  tool.add_option(strategy, how);
}

/// --save-every, --save-minutes, --keep-every and --nan-skips.
inline void add_save_options(cli::Tool& tool, SaveOptions* save, std::int64_t* nan_skips) {
  const auto add = [&](auto* target, const char* name, const char* meaning, double minimum) {
    cli::OptionSpec spec{name, meaning, "", "Output"};
    spec.affects_result = false;
    spec.minimum = minimum;
    tool.add_option(target, spec);
  };
  add(&save->every_epochs, "--save-every", "epochs between saves", 1);
  add(&save->every_minutes, "--save-minutes", "minutes between saves within an epoch; 0: none", 0);
  add(&save->keep_every, "--keep-every",
      "epochs whose checkpoint is kept as checkpoint-epoch-NNNN.safetensors: every Nth; 0: none",
      0);
  cli::OptionSpec skips{"--nan-skips",
                        "steps in a row that are left out because their loss or gradient is not "
                        "finite, before the run goes back to its last save, once; 0: stop at the "
                        "first",
                        "N", "Training"};
  skips.minimum = 0;
  tool.add_option(nan_skips, skips);
}

/// Exit code 1 when pictures were left out.
inline void check_skipped(int64_t skipped) {
  if (skipped > 0) throw PartialError(std::to_string(skipped) + " pictures were skipped");
}

}  // namespace mae::tools
