// mae-probe's job on shards: rows, files beside them, and what is refused.
#include "mae/jobs/probe_job.h"

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "../eval/synthetic_features.h"
#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/models/checkpoint.h"
#include "tiny_world.h"

namespace mae {
namespace {

class ProbeJobTest : public TinyWorld {
 protected:
  std::string write_features(const std::string& name, const FeatureSet& set,
                             const std::vector<std::string>& class_names = {"a", "b", "c"}) {
    const int64_t N = set.features.size(0);
    DatasetSpec features, labels, names;
    features.name = "features";
    features.type = ElementType::kFloat32;
    features.sample_shape = {set.features.size(1)};
    features.dimensions = {"value"};
    labels.name = "labels";
    labels.type = ElementType::kInt64;
    names.name = "names";
    names.is_text = true;
    ShardWriter writer(path(name), N, {features, labels, names});
    writer.append("features", set.features.data_ptr(), N);
    writer.append("labels", set.labels.data_ptr(), N);
    writer.append_text("names", set.names);
    if (!class_names.empty()) writer.write_text("class_names", class_names);
    Provenance provenance;
    provenance.program = "mae-encode";
    writer.commit(provenance);
    return path(name);
  }

  ProbeJob easy_job() {
    ProbeJob job;
    job.train = {write_features("train.h5", test::gaussian_clouds(300, 10, 3, 10, 1))};
    job.test = {write_features("test.h5", test::gaussian_clouds(90, 10, 3, 10, 2))};
    job.linear.batch_size = 64;
    job.linear.epochs = 20;
    job.linear.warmup_epochs = 2;
    job.linear.lr = 6.4;
    return job;
  }

  static ProbeReport run(const ProbeJob& job) {
    Progress silent;
    return run_probe_job(job, silent);
  }
};

TEST_F(ProbeJobTest, LinearReportsOneRow) {
  const ProbeReport report = run(easy_job());
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].setting, 6.4);
  EXPECT_GT(report.rows[0].top1, 95);
  EXPECT_EQ(report.rows[0].top5, 100);
  EXPECT_EQ(report.train_samples, 300);
  EXPECT_EQ(report.test_samples, 90);
  EXPECT_EQ(report.classes, 3);
  EXPECT_EQ(report.features, 10);
}

TEST_F(ProbeJobTest, KnnReportsARowForEachK) {
  ProbeJob job = easy_job();
  job.method = "knn";
  job.knn.k = {1, 10};
  const ProbeReport report = run(job);
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_EQ(report.rows[1].setting, 10);
  EXPECT_GT(report.rows[1].top1, 90);
}

TEST_F(ProbeJobTest, SavedClassifierPredictsWhatWasReported) {
  ProbeJob job = easy_job();
  job.output.path = path("probe.safetensors");
  job.predictions = path("predictions.tsv");
  job.confusion = path("confusion.tsv");
  const ProbeReport report = run(job);
  const Checkpoint saved = read_checkpoint(job.output.path);
  EXPECT_EQ(saved.config.at("model"), "linear_probe");
  EXPECT_EQ(saved.extra.at("class_names").size(), 3U);
  EXPECT_EQ(saved.provenance.at("inputs").size(), 2U);
  EXPECT_EQ(saved.provenance.at("parents")[0].at("program"), "mae-encode");
  LinearClassifier classifier;
  classifier.weight = saved.tensors.at("1.weight");
  classifier.bias = saved.tensors.at("1.bias");
  classifier.running_mean = saved.tensors.at("0.running_mean");
  classifier.running_var = saved.tensors.at("0.running_var");
  EXPECT_EQ(predict(classifier, read_features(job.test), 1e-6).top1, report.rows[0].top1);

  // Rows of the table whose label and prediction agree are the reported share.
  const std::string table = read_file(job.predictions);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 91);
  int64_t right = 0;
  for (const std::string pair : {"\ta\ta\t", "\tb\tb\t", "\tc\tc\t"}) {
    for (size_t at = table.find(pair); at != std::string::npos; at = table.find(pair, at + 1)) {
      ++right;
    }
  }
  EXPECT_NEAR(100.0 * static_cast<double>(right) / 90, report.rows[0].top1, 1e-9);
  EXPECT_EQ(read_file(job.confusion).substr(0, 12), "label\ta\tb\tc\n");
}

TEST_F(ProbeJobTest, SameSeedSameBytes) {
  ProbeJob job = easy_job();
  job.output.path = path("one.safetensors");
  run(job);
  job.output.path = path("two.safetensors");
  run(job);
  EXPECT_EQ(read_file(path("one.safetensors")), read_file(path("two.safetensors")));
}

TEST_F(ProbeJobTest, IfChangedAnswersFromTheSavedClassifier) {
  ProbeJob job = easy_job();
  job.output.path = path("probe.safetensors");
  const ProbeReport first = run(job);
  job.output.if_changed = true;
  job.linear.epochs = 3;  // would give another answer; only provenance decides
  const ProbeReport again = run(job);
  ASSERT_EQ(again.rows.size(), 1U);
  EXPECT_EQ(again.rows[0].top1, first.rows[0].top1);
  EXPECT_EQ(again.train_samples, 300);
  job.confusion = path("confusion.tsv");  // not there yet: must be made
  run(job);
  EXPECT_TRUE(std::filesystem::exists(job.confusion));
}

TEST_F(ProbeJobTest, SweepFindsARateThatWorks) {
  ProbeJob job = easy_job();
  job.sweep = true;
  job.sweep_lr = {1e-7, 6.4};
  const ProbeReport report = run(job);
  EXPECT_EQ(report.rows[0].setting, 6.4);
  EXPECT_GT(report.rows[0].top1, 95);
}

TEST_F(ProbeJobTest, FewShotsReportARowForEachNumberAndSetting) {
  ProbeJob job = easy_job();
  job.method = "knn";
  job.knn.k = {1, 8};
  job.few_shot.shots = {1, 4};
  job.few_shot.repeats = 5;
  const ProbeReport report = run(job);
  ASSERT_EQ(report.rows.size(), 4U);
  EXPECT_EQ(report.rows[1].shots, 1);
  EXPECT_EQ(report.rows[1].setting, 3);  // there are no more neighbours
  EXPECT_EQ(report.rows[3].shots, 4);
  EXPECT_EQ(report.rows[3].setting, 8);
  EXPECT_GT(report.rows[3].top1, report.rows[0].top1 - 1e-9);
  EXPECT_GT(report.rows[0].top1_half_width, 0);
  EXPECT_EQ(report.rows[0].top5, 100);
  job.method = "linear";
  const ProbeReport linear = run(job);
  ASSERT_EQ(linear.rows.size(), 2U);
  EXPECT_EQ(linear.rows[1].shots, 4);
  EXPECT_EQ(linear.rows[1].setting, 6.4);
  EXPECT_GT(linear.rows[1].top1, 60);
}

TEST_F(ProbeJobTest, FewShotsDoNotDependOnSharding) {
  const FeatureSet all = test::gaussian_clouds(300, 10, 3, 3, 1);
  ProbeJob job = easy_job();
  job.train = {write_features("all.h5", all)};
  job.few_shot.shots = {3};
  job.few_shot.repeats = 4;
  const ProbeReport whole = run(job);
  const auto part = [&](int64_t first, int64_t last) {
    return select_samples(all, at::arange(first, last));
  };
  job.train = {write_features("late.h5", part(100, 300)), write_features("early.h5", part(0, 100))};
  const ProbeReport parts = run(job);
  EXPECT_EQ(whole.rows[0].top1, parts.rows[0].top1);
  EXPECT_EQ(whole.rows[0].top1_half_width, parts.rows[0].top1_half_width);
  EXPECT_EQ(run(job).rows[0].top1, parts.rows[0].top1);
  job.few_shot.seed = 1;
  const ProbeReport other = run(job);
  EXPECT_NE(whole.rows[0].top1_half_width, other.rows[0].top1_half_width);
}

TEST_F(ProbeJobTest, PatchShardsAreTheRawPixelBaseline) {
  ProbeJob job;
  job.train = job.test = {write_shard("patches.h5")};
  job.method = "knn";
  job.knn.k = {1};
  const ProbeReport report = run(job);
  EXPECT_EQ(report.features, 16 * 48);
  EXPECT_EQ(report.rows[0].top1, 100);
}

TEST_F(ProbeJobTest, DryRunChecksAndWritesNothing) {
  ProbeJob job = easy_job();
  job.output.path = path("probe.safetensors");
  job.output.dry_run = true;
  const ProbeReport report = run(job);
  EXPECT_TRUE(report.rows.empty());
  EXPECT_EQ(report.classes, 3);
  EXPECT_FALSE(std::filesystem::exists(job.output.path));
}

TEST_F(ProbeJobTest, ContradictionsAreRefused) {
  const auto refused = [&](auto change) {
    ProbeJob job = easy_job();
    change(job);
    EXPECT_THROW(run(job), UsageError);
  };
  refused([](ProbeJob& job) { job.method = "svm"; });
  refused([](ProbeJob& job) { job.test.clear(); });
  refused([&](ProbeJob& job) { job.output.path = path("probe.h5"); });
  refused([](ProbeJob& job) { job.method = "knn", job.knn.k = {301}; });
  refused([](ProbeJob& job) { job.method = "knn", job.sweep = true; });
  refused([&](ProbeJob& job) { job.method = "knn", job.output.path = path("p.safetensors"); });
  refused([&](ProbeJob& job) {
    job.method = "knn";
    job.knn.k = {1, 2};
    job.predictions = path("p.tsv");
  });
}

TEST_F(ProbeJobTest, FewShotsRefuseWhatNeedsOneClassifier) {
  const auto refused = [&](auto change, const std::string& word) {
    ProbeJob job = easy_job();
    job.few_shot.shots = {2};
    change(job);
    try {
      run(job);
      ADD_FAILURE() << "expected UsageError about " << word;
    } catch (const UsageError& error) {
      EXPECT_NE(error.line().find(word), std::string::npos) << error.line();
    }
  };
  refused([](ProbeJob& job) { job.sweep = true; }, "--sweep");
  refused([&](ProbeJob& job) { job.output.path = path("p.safetensors"); }, "-o");
  refused([&](ProbeJob& job) { job.predictions = path("p.tsv"); }, "--predictions");
  refused([&](ProbeJob& job) { job.confusion = path("c.tsv"); }, "--confusion");
  refused([](ProbeJob& job) { job.few_shot.shots = {0}; }, "--shots");
  refused([](ProbeJob& job) { job.few_shot.repeats = 0; }, "--repeats");
  refused([](ProbeJob& job) { job.few_shot.shots = {101}, job.output.dry_run = true; },
          "class 0 (a) has 100 training samples");
}

TEST_F(ProbeJobTest, OtherClassOrderIsRefused) {
  ProbeJob job = easy_job();
  job.test = {write_features("other.h5", test::gaussian_clouds(30, 10, 3, 10, 2), {"b", "a", "c"})};
  EXPECT_THROW(run(job), DataError);
}

TEST_F(ProbeJobTest, NotANumberIsExitFive) {
  FeatureSet broken = test::gaussian_clouds(30, 10, 3, 10, 2);
  broken.features[4][5] = std::numeric_limits<float>::infinity();
  ProbeJob job = easy_job();
  job.test = {write_features("broken.h5", broken)};
  try {
    run(job);
    FAIL() << "expected NumericError";
  } catch (const NumericError& error) {
    EXPECT_EQ(error.exit_code(), 5);
    EXPECT_NE(error.line().find(broken.names[4]), std::string::npos) << error.line();
  }
}

}  // namespace
}  // namespace mae
