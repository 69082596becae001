// mae-encode: features of pictures from a pretrained encoder.
#include "division_options.h"
#include "job_options.h"
#include "mae/jobs/encode_job.h"

namespace {

/// What the command line says in words.
struct Words {
  std::string pool = "auto", patch_dtype = "float32";
};

void declare_features(mae::cli::Tool& tool, mae::EncodeJob* job, Words* words) {
  mae::cli::OptionSpec pool{"--pool",
                            "one vector a picture: the class token, as in MAE's linear probe, or "
                            "the mean of the patch tokens; auto is what the encoder was trained "
                            "for, the class token where it has one",
                            "NAME", "Features"};
  pool.choices = {"auto", "cls", "mean"};
  pool.in_short_help = true;
  tool.add_option(&words->pool, pool);
  tool.add_switch(&job->features.patches,
                  {"--patches", "also write every patch token, /patch_features", "", "Features"});
  tool.add_switch(&job->features.maps,
                  {"--maps",
                   "also write the feature maps of a hierarchical model, /map_4, /map_8 and so on "
                   "by their stride in pixels",
                   "", "Features"});
  mae::cli::OptionSpec dtype{"--patch-dtype", "number type of /patch_features and of maps", "TYPE",
                             "Features"};
  dtype.choices = {"float32", "float16"};
  tool.add_option(&words->patch_dtype, dtype);
  tool.add_option(&job->features.blocks,
                  {"--blocks", "also write the pooled output of these blocks, counted from 1",
                   "N,...", "Features"});
  tool.add_switch(
      &job->features.attention,
      {"--attention", "also write the class token's attention in the last block", "", "Features"});
}

void declare_precision(mae::cli::Tool& tool, mae::PrecisionOptions* precision) {
  mae::cli::OptionSpec compare{"--compare",
                               "report how near the features of up to 256 of the pictures are to "
                               "those of float32: their cosine, and how many of the 10 nearest "
                               "neighbours stay",
                               "", "Computing"};
  compare.affects_result = false;
  tool.add_switch(&precision->compare, compare);
  mae::cli::OptionSpec size{"--calibration-size",
                            "pictures, evenly spread over the input, from which --dtype int8 "
                            "takes the range of each layer's input",
                            "N", "Computing"};
  size.minimum = 1;
  tool.add_option(&precision->calibration_size, size);
}

void declare_sharding(mae::cli::Tool& tool, mae::EncodeJob* job) {
  mae::tools::add_division(tool, &job->division);
  tool.add_option(&job->shard_size,
                  {"--shard-size", "divide the output into shards of N samples", "N", "Output"});
}

void declare(mae::cli::Tool& tool, mae::EncodeJob* job, Words* words) {
  tool.examples({"mae-encode --model run train.h5 -o features.h5",
                 "mae-encode --model mae.safetensors photos -o features.h5 --pool mean -j 0",
                 "mae-encode --model run big.h5 -o out/f.h5 --num-shards 16 --shard-index 3",
                 "mae-encode --model run photos -o wide.h5 --image-size 160x256 --patches"});
  mae::tools::add_inference_options(
      tool, &job->inference, &job->rejects, {"auto", "float32", "bfloat16", "int8"},
      "; auto: bfloat16 where the processor multiplies it, else float32, the type of published "
      "figures; int8: products of 8-bit numbers, see --compare");
  tool.add_output(&job->output.path,
                  "feature shard, or the stem of a set: f.h5 gives f-00000-of-00016.h5");
  declare_features(tool, job, words);
  tool.add_option(&job->masks,
                  {"--masks", "hide what this file of mae-mask hides", "FILE", "Masking"});
  mae::tools::add_masking_options(tool, &job->mask_ratio, &job->strategy, /*with_file=*/false);
  tool.add_seed(&job->seed);
  declare_precision(tool, &job->precision);
  declare_sharding(tool, job);
}

nlohmann::ordered_json report_of(const mae::EncodeReport& done) {
  nlohmann::ordered_json report = {{"files", done.files},         {"up_to_date", done.up_to_date},
                                   {"samples", done.samples},     {"skipped", done.skipped},
                                   {"embed_dim", done.embed_dim}, {"dtype", done.precision}};
  if (!done.compared) return report;
  report["compared"] = done.compared->samples;
  report["cosine"] = done.compared->mean_cosine;
  report["min_cosine"] = done.compared->min_cosine;
  if (done.compared->knn_agreement) report["knn_agreement"] = *done.compared->knn_agreement;
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-encode", "compute features with a pretrained encoder");
  mae::EncodeJob job;
  job.inference.threads = 0;  // all cores
  job.inference.dtype = "auto";
  Words words;
  declare(tool, &job, &words);
  tool.run_and_leave(argc, argv, [&] {
    mae::tools::take_output_options(tool, &job.output);
    if (job.shard_size == 0 && job.output.path != "-")
      mae::tools::take_division(tool, &job.division);
    job.features.pool = mae::parse_pool(words.pool);
    job.features.half_patches = words.patch_dtype == "float16";
    const mae::EncodeReport done = mae::run_encode_job(job, tool.progress());
    if (job.output.path != "-") {
      tool.report(report_of(done));
    }
    mae::tools::check_skipped(done.skipped);
  });
}
