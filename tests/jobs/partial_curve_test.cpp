// A list of --train-blocks: its points are those of single runs, whole or resumed.
#include "mae/jobs/partial_curve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/report/embedded_provenance.h"
#include "tiny_world.h"

namespace mae {
namespace {

/// Kills the job at its n-th report of progress.
class Killer : public Progress {
 public:
  explicit Killer(int reports) : left_(reports) {}
  void update(int64_t, const std::vector<std::pair<std::string, std::string>>&) override {
    if (--left_ == 0) throw std::runtime_error("killed");
  }

 private:
  int left_;
};

class PartialCurveTest : public TinyWorld {
 protected:
  PartialCurveJob tiny_job(const std::string& run = "list") {
    PartialCurveJob job;
    TinyShard train, validation;
    train.samples = 12;
    validation.samples = 7;
    validation.prefix = "val/";
    job.finetune.train = {write_shard("train.h5", train)};
    job.finetune.validation = {write_shard("val.h5", validation)};
    job.finetune.model = write_model("mae.safetensors", *tiny_model());
    job.finetune.output.path = path(run);
    job.finetune.training.batch_size = 4;
    job.finetune.training.epochs = 2;
    job.finetune.training.warmup_epochs = 1;
    job.finetune.training.lr = 1e-2;
    job.blocks = {"0", "0.5", "1", "all"};
    return job;
  }

  static std::vector<PartialCurvePoint> run(const PartialCurveJob& job) {
    Progress silent;
    return run_partial_curve(job, silent);
  }

  static void expect_equal(const std::vector<PartialCurvePoint>& a,
                           const std::vector<PartialCurvePoint>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].blocks, b[i].blocks);
      EXPECT_EQ(a[i].learning, b[i].learning);
      EXPECT_EQ(a[i].parameters, b[i].parameters);
      EXPECT_EQ(a[i].top1, b[i].top1);
      EXPECT_EQ(a[i].top5, b[i].top5);
      const StateDict first = read_checkpoint(a[i].run + "/checkpoint.safetensors").tensors;
      const StateDict second = read_checkpoint(b[i].run + "/checkpoint.safetensors").tensors;
      ASSERT_EQ(first.size(), second.size());
      for (const auto& [name, tensor] : first)
        EXPECT_TRUE(tensor.equal(second.at(name))) << a[i].blocks << ": " << name;
    }
  }
};

TEST_F(PartialCurveTest, PointsAreThoseOfSingleRuns) {
  const PartialCurveJob job = tiny_job();
  const std::vector<PartialCurvePoint> points = run(job);
  ASSERT_EQ(points.size(), 4U);
  for (const PartialCurvePoint& point : points) {
    FinetuneJob single = job.finetune;
    single.output.path = path("single-" + point.blocks);
    single.training.train_blocks = parse_train_blocks(point.blocks);
    Progress silent;
    const FinetuneJobReport report = run_finetune_job(single, silent);
    EXPECT_EQ(point.parameters, report.parameters);
    EXPECT_EQ(point.top1, report.training.val_top1);
    EXPECT_EQ(point.top5, report.training.val_top5);
    EXPECT_EQ(point.run, path("list/blocks-" + point.blocks));
    const StateDict own = read_checkpoint(point.run + "/checkpoint.safetensors").tensors;
    for (const auto& [name, tensor] : read_checkpoint(report.checkpoint).tensors)
      EXPECT_TRUE(tensor.equal(own.at(name))) << name;
  }
  EXPECT_EQ(points[1].learning, 0.5);
  EXPECT_EQ(points[3].learning, 2) << "the model has two blocks";
  for (size_t i = 1; i < points.size(); ++i)
    EXPECT_GT(points[i].parameters, points[i - 1].parameters);
}

TEST_F(PartialCurveTest, InterruptedAnywhereAndResumedItIsTheSame) {
  const std::vector<PartialCurvePoint> whole = run(tiny_job());
  // A run has six steps and two evaluations: the first run, the second, the last.
  for (const int reports : {3, 12, 30}) {
    PartialCurveJob job = tiny_job("parts-" + std::to_string(reports));
    Killer killer(reports);
    EXPECT_THROW(run_partial_curve(job, killer), std::runtime_error) << reports;
    if (reports > 10) {  // earlier nothing was saved
      EXPECT_THROW(run(job), UsageError) << "not without --resume";
    }
    job.finetune.resume = true;
    expect_equal(whole, run(job));
    expect_equal(whole, run(job));  // and nothing is left to do
  }
}

TEST_F(PartialCurveTest, ListsCanGrow) {
  PartialCurveJob job = tiny_job();
  job.blocks = {"0", "1"};
  const std::vector<PartialCurvePoint> few = run(job);
  job.blocks = {"0", "0.5", "1"};
  job.finetune.resume = true;
  const std::vector<PartialCurvePoint> more = run(job);
  expect_equal(few, {more[0], more[2]});
}

TEST_F(PartialCurveTest, DrawsTheCurve) {
  PartialCurveJob job = tiny_job();
  job.chart = path("curve.svg");
  run(job);
  const std::string svg = read_file(job.chart);
  size_t dots = 0;
  for (size_t at = svg.find("<circle"); at != std::string::npos; at = svg.find("<circle", at + 1))
    ++dots;
  EXPECT_EQ(dots, 4U);
  EXPECT_EQ(embedded_provenance(svg)->at("inputs").size(), 4U);
}

TEST_F(PartialCurveTest, RefusesBeforeTheFirstRun) {
  const auto refused = [&](const std::function<void(PartialCurveJob&)>& change) {
    PartialCurveJob job = tiny_job("refused");
    change(job);
    EXPECT_THROW(run(job), UsageError);
    EXPECT_FALSE(std::filesystem::exists(path("refused")));
  };
  refused([](PartialCurveJob& job) { job.blocks = {"0", "1", "1"}; });
  refused([](PartialCurveJob& job) { job.blocks = {"0", "0.7"}; });
  refused([](PartialCurveJob& job) { job.blocks = {"0", "3"}; });  // of two blocks
  refused([](PartialCurveJob& job) { job.blocks = {"0", ""}; });
  refused([](PartialCurveJob& job) { job.finetune.validation.clear(); });
  refused([](PartialCurveJob& job) { job.finetune.predictions = "p.tsv"; });
  refused([](PartialCurveJob& job) { job.finetune.evaluate_only = true; });
  refused([](PartialCurveJob& job) { job.finetune.output.path = ""; });
  refused([](PartialCurveJob& job) { job.chart = "curve.png"; });
  PartialCurveJob job = tiny_job("dry");
  job.finetune.output.dry_run = true;
  const std::vector<PartialCurvePoint> plan = run(job);
  EXPECT_EQ(plan.size(), 4U);
  EXPECT_TRUE(std::isnan(plan[0].top1));
  EXPECT_FALSE(std::filesystem::exists(path("dry")));
}

TEST(SplitTrainBlocks, CutsAtCommas) {
  EXPECT_EQ(split_train_blocks("0,0.5,all"), (std::vector<std::string>{"0", "0.5", "all"}));
  EXPECT_EQ(split_train_blocks("4"), (std::vector<std::string>{"4"}));
  EXPECT_EQ(split_train_blocks("0,"), (std::vector<std::string>{"0", ""}));
}

}  // namespace
}  // namespace mae
