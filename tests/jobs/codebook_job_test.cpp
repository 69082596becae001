// Which patches are drawn, that they are those the model sees, and what is written of the fit.
#include "mae/jobs/codebook_job.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/unique_dim.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/data/batch_loader.h"
#include "mae/models/target_file.h"
#include "mae/ops/patchify.h"
#include "tiny_world.h"

namespace mae {
namespace {

class CodebookJobTest : public TinyWorld {
 protected:
  CodebookReport run(const CodebookJob& job) const {
    Progress progress;
    return run_codebook_job(job, progress);
  }
  CodebookJob job_of(const std::string& method) const {
    CodebookJob job;
    job.inputs = {path("a.h5")};
    job.output.path = path("target.safetensors");
    job.method = method;
    job.components = 10;
    job.codes = 6;
    return job;
  }
};

TEST_F(CodebookJobTest, DrawsPatchesAsTheModelSeesThem) {
  const auto dataset = open_dataset({write_shard("a.h5")});
  Progress progress;
  const PixelStats stats = dataset->pixel_stats();
  const Tensor all = draw_patches(*dataset, stats, 0, 1, 1, progress);
  ASSERT_EQ(all.sizes(), (std::vector<int64_t>{5 * 16, 48}));
  const Tensor third = patchify(normalize_images({dataset->image(2)}, stats), {4, 4})[0];
  const auto sorted = [](const Tensor& rows) { return std::get<0>(at::unique_dim(rows, 0)); };
  EXPECT_TRUE(at::equal(sorted(all.narrow(0, 32, 16)), sorted(third)));
  // A part: equally many of each picture, or one more; always the same ones.
  const Tensor some = draw_patches(*dataset, stats, 12, 1, 1, progress);
  EXPECT_EQ(some.size(0), 12);
  EXPECT_TRUE(at::equal(some, draw_patches(*dataset, stats, 12, 1, 3, progress)));
  EXPECT_FALSE(at::equal(some, draw_patches(*dataset, stats, 12, 2, 1, progress)));
  EXPECT_EQ(sorted(some).size(0), 12);  // none twice
  EXPECT_EQ(draw_patches(*dataset, stats, 3, 1, 1, progress).size(0), 3);
}

TEST_F(CodebookJobTest, WritesABasis) {
  write_shard("a.h5");
  const CodebookReport report = run(job_of("pca"));
  EXPECT_EQ(report.samples, 80);
  EXPECT_EQ(report.size, 10);
  EXPECT_EQ(report.values, 48);
  EXPECT_GT(report.explained_variance, 10.0 / 48);  // noise: more than its share
  EXPECT_LT(report.explained_variance, 1);
  const TargetFile file = read_target_file(path("target.safetensors"));
  EXPECT_EQ(file.patch_size, (Size2d{4, 4}));
  EXPECT_EQ(file.mean, (std::vector<double>{0.5, 0.4, 0.3}));
  EXPECT_EQ(file.figures.at("samples"), 80);
  EXPECT_EQ(file.tensors.at("basis").sizes(), (std::vector<int64_t>{10, 48}));
}

TEST_F(CodebookJobTest, WritesACodebook) {
  write_shard("a.h5");
  CodebookJob job = job_of("kmeans");
  job.mean = {0.1, 0.1, 0.1};
  const CodebookReport report = run(job);
  EXPECT_EQ(report.size, 6);
  EXPECT_TRUE(report.converged);
  EXPECT_GT(report.inertia, 0);
  const TargetFile file = read_target_file(path("target.safetensors"));
  EXPECT_EQ(file.kind, TargetKind::kTokens);
  EXPECT_EQ(file.mean, job.mean);
  EXPECT_NEAR(file.figures.at("inertia").get<double>(), report.inertia, 1e-12);
}

TEST_F(CodebookJobTest, ThreadsAndRepetitionGiveEqualBytes) {
  write_shard("a.h5");
  for (const char* method : {"pca", "kmeans"}) {
    CodebookJob job = job_of(method);
    run(job);
    const std::string before = read_file(job.output.path);
    job.threads = 3;
    job.output.path = path("again.safetensors");
    run(job);
    EXPECT_EQ(read_file(job.output.path), before) << method;
    job.output.if_changed = true;
    EXPECT_TRUE(run(job).up_to_date) << method;
  }
}

TEST_F(CodebookJobTest, MistakesAreRefused) {
  write_shard("a.h5");
  CodebookJob job = job_of("dvae");
  EXPECT_THROW(run(job), UsageError);
  job = job_of("pca");
  job.components = 49;
  EXPECT_THROW(run(job), UsageError);
  job = job_of("kmeans");
  job.codes = 81;
  EXPECT_THROW(run(job), UsageError);
  EXPECT_FALSE(std::filesystem::exists(job.output.path));
}

}  // namespace
}  // namespace mae
