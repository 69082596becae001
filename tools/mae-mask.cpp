// mae-mask: hide patches of every sample of a shard, at random, in blocks, on a grid or where a
// person says.
#include "job_options.h"
#include "mae/jobs/mask_job.h"

namespace {

void declare(mae::cli::Tool& tool, mae::MaskJob* job, bool* with_patches) {
  tool.examples({"mae-mask train.h5 -o mask.h5 --mask-ratio 0.75",
                 "mae-patchify photos -o - | mae-mask - -o - | mae-reconstruct --model "
                 "m.safetensors - -o out.png",
                 "mae-mask photos.h5 -o sky.h5 --from-image sky.png"});
  tool.add_operands(&job->inputs, "SHARD",
                    "patch shards, folders of them, or - for standard input");
  tool.add_files_from();
  tool.add_output(&job->output.path, "mask file; for several shards a folder, one file for each");
  mae::tools::add_masking_options(tool, &job->mask_ratio, &job->strategy, /*with_file=*/true);
  tool.add_seed(&job->seed);
  tool.add_option(
      &job->from_image,
      {"--from-image", "hide the patches that are painted (not black) over more than half",
       "MASK.png", "Masking"});
  tool.add_option(
      &job->from_list,
      {"--from-list", "hide the listed patches: 17, 17-20, row,col or 2-5,0-3", "FILE", "Masking"});
  tool.add_switch(with_patches,
                  {"--with-patches",
                   "pass the patches on in the same file; the default when input or output is -",
                   "", "Output"});
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-mask", "choose which patches of each sample are hidden");
  mae::MaskJob job;
  bool with_patches = false;
  declare(tool, &job, &with_patches);
  tool.run_and_leave(argc, argv, [&] {
    mae::tools::take_output_options(tool, &job.output);
    const bool has_region = !job.from_image.empty() || !job.from_list.empty();
    if (has_region && !tool.given("--strategy")) job.strategy = "file";
    if (tool.given("--with-patches")) job.with_patches = with_patches;
    const mae::MaskReport done = mae::run_mask_job(job, tool.progress());
    if (job.output.path == "-") return;  // standard output carries the shard
    tool.report({{"files", done.files},
                 {"samples", done.samples},
                 {"patches", done.patches},
                 {"visible", done.visible}});
  });
}
