// mae-reconstruct: what a model makes of pictures with hidden patches, as numbers and pictures.
#include <cmath>

#include "division_options.h"
#include "job_options.h"
#include "mae/jobs/reconstruct_job.h"

namespace {

void declare(mae::cli::Tool& tool, mae::ReconstructJob* job) {
  tool.examples({"mae-reconstruct --model run test.h5 -o sheet.png",
                 "mae-reconstruct --model run test.h5 -o report.html --limit 64",
                 "mae-mask photos.h5 -o sky.h5 --from-image sky.png && "
                 "mae-reconstruct --model run photos.h5 --masks sky.h5 -o filled/"});
  mae::tools::add_inference_options(tool, &job->inference, &job->rejects);
  tool.add_output(&job->output.path,
                  "by its ending a shard (.h5), one picture (.png), a page (.html), or a folder of "
                  "pictures (/); "
                  "picture and page show 16 samples unless --limit says otherwise");
  tool.add_option(&job->masks, {"--masks",
                                "hide what this file of mae-mask hides; else the shard's own "
                                "masks, else masks are drawn",
                                "FILE", "Masking"});
  mae::tools::add_masking_options(tool, &job->mask_ratio, &job->strategy, /*with_file=*/false);
  mae::cli::OptionSpec words{"--text-mask-ratio",
                             "for models of pictures and text: share of the words of a caption "
                             "that is hidden",
                             "RATIO", "Masking"};
  words.minimum = 0;
  tool.add_option(&job->text_mask_ratio, words);
  tool.add_seed(&job->seed);
  mae::cli::OptionSpec stats{
      "--patch-stats",
      "for models of normalised patches: where mean and deviation of a hidden patch come "
      "from; truth leaks the answer",
      "SOURCE", "Masking"};
  stats.choices = {"visible", "truth"};
  tool.add_option(&job->patch_stats, stats);
  mae::tools::add_division(tool, &job->division);
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-reconstruct", "predict hidden patches and show them");
  mae::ReconstructJob job;
  job.inference.threads = 0;  // all cores
  declare(tool, &job);
  tool.run_and_leave(argc, argv, [&] {
    mae::tools::take_output_options(tool, &job.output);
    if (job.output.path != "-" && mae::output_kind(job.output.path) == mae::OutputKind::kShard)
      mae::tools::take_division(tool, &job.division);
    job.default_strategy = !tool.given("--strategy");
    job.default_mask_ratio = !tool.given("--mask-ratio");
    job.draw_masks = !job.default_strategy || !job.default_mask_ratio;
    if (job.draw_masks && !job.masks.empty()) {
      throw mae::UsageError("masks are read or drawn, not both", "--masks",
                            "leave --mask-ratio and --strategy out");
    }
    const mae::ReconstructReport done = mae::run_reconstruct_job(job, tool.progress());
    if (job.output.path != "-" && !job.output.dry_run && !done.up_to_date) {
      nlohmann::ordered_json lines = {
          {"masked_mse", done.masked_mse}, {"psnr", done.psnr}, {"ssim", done.ssim}};
      if (!std::isnan(done.word_accuracy)) lines["word_accuracy"] = done.word_accuracy;
      lines["samples"] = done.samples;
      tool.report(lines);
    }
    mae::tools::check_skipped(done.skipped);
  });
}
