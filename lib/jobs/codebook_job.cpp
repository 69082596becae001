// Patches drawn, one fit, one file.
#include "mae/jobs/codebook_job.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <numeric>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/base/parallel.h"
#include "mae/base/random_stream.h"
#include "mae/data/batch_loader.h"
#include "mae/models/target_file.h"
#include "mae/ops/kmeans.h"
#include "mae/ops/patchify.h"
#include "mae/ops/pca.h"

namespace mae {
namespace {

TargetKind check_method(const CodebookJob& job);
std::shared_ptr<SampleDataset> open_shards(const CodebookJob& job);
PixelStats pixel_stats(const CodebookJob& job, const SampleDataset& dataset);
std::vector<int64_t> draw_pictures(const SampleDataset& dataset, int64_t count, uint64_t seed);
Tensor draw_rows(int64_t patches, int64_t count, uint64_t seed, uint64_t sample);
void fit_basis(const CodebookJob& job, const Tensor& patches, CodebookReport* report,
               TargetFile* file);
void fit_codebook(const CodebookJob& job, const Tensor& patches, Progress& progress,
                  CodebookReport* report, TargetFile* file);
int thread_count(const CodebookJob& job) {
  return job.threads > 0 ? job.threads : available_cores();
}

}  // namespace

Tensor draw_patches(const SampleDataset& dataset, const PixelStats& stats, int64_t samples,
                    uint64_t seed, int threads, Progress& progress) {
  const Size2d size = dataset.image_size().value(), patch = dataset.patch_size().value();
  const int64_t L = size.area() / patch.area(), P = patch.area() * dataset.channels();
  const int64_t total = dataset.size() * L;
  const int64_t N = samples > 0 ? std::min(samples, total) : total;
  const int64_t pictures = std::min(N, dataset.size());
  const std::vector<int64_t> chosen = draw_pictures(dataset, pictures, seed);
  const auto share = [&](int64_t i) { return N / pictures + (i < N % pictures ? 1 : 0); };
  Tensor drawn = at::empty({N, P}, at::kFloat);
  progress.begin("read patches", pictures, "images");
  int64_t row = 0;
  ordered_map(
      pictures, threads, /*ahead=*/0,
      [&](int64_t i) {
        const int64_t index = chosen[static_cast<size_t>(i)];
        const Tensor image = normalize_images({dataset.image(index)}, stats);  // [1, C, H, W]
        return patchify(image, patch)[0].index_select(
            /*dim=*/0, draw_rows(L, share(i), seed, dataset.id(index)));
      },
      [&](int64_t i, const Tensor& patches) {
        check_interrupt();
        drawn.narrow(/*dim=*/0, row, patches.size(0)).copy_(patches);
        row += patches.size(0);
        progress.update(i + 1);
      });
  progress.end();
  return drawn;
}

CodebookReport run_codebook_job(const CodebookJob& job, Progress& progress) {
  TargetFile file;
  file.kind = check_method(job);
  const auto dataset = open_shards(job);
  const Provenance provenance = provenance_of(*dataset);
  CodebookReport report;
  if (job.output.if_changed && is_up_to_date(job.output.path, provenance)) {
    report.up_to_date = true;
    return report;
  }
  if (job.output.dry_run) {
    log_info("would write " + job.output.path);
    return report;
  }
  const PixelStats stats = pixel_stats(job, *dataset);
  const Tensor patches = draw_patches(*dataset, stats, job.samples, static_cast<uint64_t>(job.seed),
                                      thread_count(job), progress);
  report.samples = patches.size(0);
  report.values = patches.size(1);
  if (file.kind == TargetKind::kPca) {
    fit_basis(job, patches, &report, &file);
  } else {
    fit_codebook(job, patches, progress, &report, &file);
  }
  file.patch_size = *dataset->patch_size();
  file.channels = dataset->channels();
  file.mean = stats.mean;
  file.std = stats.std;
  file.figures["samples"] = report.samples;
  file.figures["explained_variance"] = report.explained_variance;
  file.provenance = nlohmann::json::parse(provenance.to_json());
  report.size = file.size();
  write_target_file(job.output.path, file, job.output.overwrite);
  return report;
}

namespace {

TargetKind check_method(const CodebookJob& job) {
  if (job.method == "pca") return TargetKind::kPca;
  if (job.method == "kmeans") return TargetKind::kTokens;
  throw UsageError("unknown method '" + job.method + "'; expected pca or kmeans", "--method");
}

std::shared_ptr<SampleDataset> open_shards(const CodebookJob& job) {
  DatasetOptions options;
  options.resident_bytes = 0;  // each picture is read once
  auto dataset = open_dataset(job.inputs, options);
  if (!dataset->patch_size() || !dataset->image_size()) {
    throw DataError("holds pictures, not patches", job.inputs.front(),
                    "make a shard of them with mae-patchify");
  }
  check_frames(*dataset, 1, job.inputs.front());
  return dataset;
}

PixelStats pixel_stats(const CodebookJob& job, const SampleDataset& dataset) {
  PixelStats stats = dataset.pixel_stats();
  if (!job.mean.empty()) stats.mean = job.mean;
  if (!job.std.empty()) stats.std = job.std;
  return stats;
}

/// Those whose own streams give the smallest numbers, in their order in the data set.
std::vector<int64_t> draw_pictures(const SampleDataset& dataset, int64_t count, uint64_t seed) {
  std::vector<int64_t> all(static_cast<size_t>(dataset.size()));
  std::iota(all.begin(), all.end(), int64_t{0});
  if (count == dataset.size()) return all;
  std::vector<std::pair<double, int64_t>> keyed;
  for (const int64_t i : all)
    keyed.emplace_back(RandomStream(seed, "codebook", 0, dataset.id(i)).uniform(), i);
  std::nth_element(keyed.begin(), keyed.begin() + static_cast<std::ptrdiff_t>(count), keyed.end());
  all.clear();
  for (int64_t i = 0; i < count; ++i) all.push_back(keyed[static_cast<size_t>(i)].second);
  std::sort(all.begin(), all.end());
  return all;
}

/// `count` different ones of a picture's patches.
Tensor draw_rows(int64_t patches, int64_t count, uint64_t seed, uint64_t sample) {
  std::vector<int64_t> rows(static_cast<size_t>(patches));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  RandomStream random(seed, "codebook", 1, sample);
  for (int64_t i = 0; i < count; ++i)
    std::swap(rows[static_cast<size_t>(i)],
              rows[static_cast<size_t>(i + random.below(patches - i))]);
  rows.resize(static_cast<size_t>(count));
  return at::tensor(rows, at::kLong);
}

void fit_basis(const CodebookJob& job, const Tensor& patches, CodebookReport* report,
               TargetFile* file) {
  Pca pca = fit_pca(patches, job.components, thread_count(job));
  file->tensors = {{"mean", pca.mean}, {"basis", pca.basis}, {"variances", pca.variances}};
  report->explained_variance = pca.explained_variance;
}

void fit_codebook(const CodebookJob& job, const Tensor& patches, Progress& progress,
                  CodebookReport* report, TargetFile* file) {
  RandomStream random(static_cast<uint64_t>(job.seed), "kmeans");
  const Kmeans kmeans =
      fit_kmeans(patches, {job.codes, job.iterations, thread_count(job)}, random, progress);
  if (!kmeans.converged) {
    log_warning("codes still moved after " + std::to_string(kmeans.iterations) +
                " iterations; --iterations allows more");
  }
  const Tensor wide = patches.to(at::kDouble);
  const double variance =
      (wide - wide.mean(/*dim=*/0)).square().sum(/*dim=*/1).mean().item<double>();
  file->tensors = {{"codebook", kmeans.centroids}};
  file->figures = {{"inertia", kmeans.inertia}, {"iterations", kmeans.iterations}};
  report->inertia = kmeans.inertia;
  report->iterations = kmeans.iterations;
  report->converged = kmeans.converged;
  report->explained_variance = variance > 0 ? 1 - kmeans.inertia / variance : 1;
}

}  // namespace
}  // namespace mae
