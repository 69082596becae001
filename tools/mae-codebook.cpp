// mae-codebook: fits the targets that mae-pretrain cannot make itself, a basis of the patch space
// or a codebook of patches.
#include "job_options.h"
#include "mae/jobs/codebook_job.h"

namespace {

void declare_fit(mae::cli::Tool& tool, mae::CodebookJob* job) {
  const auto number = [&](auto* target, const char* name, const char* meaning, double minimum) {
    mae::cli::OptionSpec spec{name, meaning, "N", "Fit"};
    spec.minimum = minimum;
    spec.in_short_help = true;
    tool.add_option(target, spec);
  };
  mae::cli::OptionSpec method{"--method",
                              "pca: principal components, for --target pca; kmeans: codes, for "
                              "--target tokens",
                              "NAME", "Fit"};
  method.choices = {"pca", "kmeans"};
  method.in_short_help = true;
  tool.add_option(&job->method, method);
  number(&job->components, "--components", "principal components", 1);
  number(&job->codes, "--codes", "codes of the codebook", 1);
  number(&job->samples, "--samples", "patches to fit on, drawn from all shards; 0: all", 0);
  number(&job->iterations, "--iterations", "most passes of k-means", 0);
  tool.add_option(&job->mean, {"--mean",
                               "pixel mean of each channel, in units of [0, 1]; default: the "
                               "shard's",
                               "M,...", "Input"});
  tool.add_option(&job->std,
                  {"--std", "pixel deviation of each channel, as --mean", "S,...", "Input"});
}

nlohmann::ordered_json result_lines(const mae::CodebookJob& job, const mae::CodebookReport& done) {
  nlohmann::ordered_json lines = {
      {"method", job.method}, {"samples", done.samples}, {"patch_values", done.values}};
  if (job.method == "pca") {
    lines["components"] = done.size;
    lines["explained_variance"] = done.explained_variance;
    return lines;
  }
  lines["codes"] = done.size;
  lines["explained_variance"] = done.explained_variance;
  lines["inertia"] = done.inertia;
  lines["iterations"] = done.iterations;
  lines["converged"] = done.converged;
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-codebook", "fit a basis or a codebook of patches to predict");
  mae::CodebookJob job;
  job.threads = 0;  // all cores
  tool.examples({"mae-codebook train.h5 -o pca.safetensors --method pca --components 96",
                 "mae-codebook train.h5 -o codes.safetensors --method kmeans --codes 512"});
  tool.add_operands(&job.inputs, "SHARD", "patch shards, folders of them, or - for standard input");
  tool.add_files_from();
  tool.add_output(&job.output.path, "safetensors file, for mae-pretrain --target-file");
  declare_fit(tool, &job);
  tool.add_seed(&job.seed);
  tool.add_threads(&job.threads);
  tool.run_and_leave(argc, argv, [&] {
    mae::tools::take_output_options(tool, &job.output);
    const mae::CodebookReport done = mae::run_codebook_job(job, tool.progress());
    if (done.up_to_date || tool.dry_run()) return;
    tool.report(result_lines(job, done));
  });
}
