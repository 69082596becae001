// A run a point: what run_finetune_job promises about one run holds for each of them.
#include "mae/jobs/partial_curve.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "mae/base/atomic_file.h"
#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/base/text.h"
#include "mae/report/embedded_provenance.h"
#include "mae/report/svg_chart.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

void check_job(const PartialCurveJob& job);
void check_folders(const PartialCurveJob& job);
void check_data_and_model(const PartialCurveJob& job, Progress& progress);
FinetuneJob job_of(const PartialCurveJob& job, const std::string& blocks);
std::vector<PartialCurvePoint> run_all(const PartialCurveJob& job, Progress& progress);
void write_chart(const PartialCurveJob& job, const std::vector<PartialCurvePoint>& points);

}  // namespace

std::vector<std::string> split_train_blocks(const std::string& list) {
  std::vector<std::string> words{""};
  for (const char c : list) {
    if (c == ',') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::vector<PartialCurvePoint> run_partial_curve(const PartialCurveJob& job, Progress& progress) {
  check_job(job);
  check_folders(job);
  if (!job.finetune.output.dry_run) check_data_and_model(job, progress);
  const std::vector<PartialCurvePoint> points = run_all(job, progress);
  if (!job.chart.empty() && !job.finetune.output.dry_run) write_chart(job, points);
  return points;
}

namespace {

void check_job(const PartialCurveJob& job) {
  std::set<double> seen;
  for (const std::string& blocks : job.blocks) {
    if (!seen.insert(parse_train_blocks(blocks)).second) {
      throw UsageError("'" + blocks + "' comes twice", "--train-blocks");
    }
  }
  const FinetuneJob& finetune = job.finetune;
  if (finetune.evaluate_only) {
    throw UsageError("--eval trains nothing", "--train-blocks", "leave one of them out");
  }
  if (!finetune.predictions.empty() || !finetune.confusion.empty() ||
      !finetune.class_accuracy.empty()) {
    throw UsageError("tables of several runs would overwrite each other",
                     "--predict, --confusion, --per-class",
                     "evaluate one of the runs: mae-finetune --eval --model RUN/blocks-K");
  }
  if (finetune.output.path.empty()) throw UsageError("a run folder is needed", "-o", "add -o RUN");
  if (finetune.validation.empty()) {
    throw UsageError("there is nothing to compare the numbers of blocks on", "--val",
                     "add --val SHARD");
  }
  if (!job.chart.empty() && !ends_with(job.chart, ".svg")) {
    throw UsageError("a chart is written as SVG", job.chart, "end the name in .svg");
  }
}

/// Without --resume nothing may be there, which must not turn out when the first runs are done.
void check_folders(const PartialCurveJob& job) {
  const FinetuneJob& finetune = job.finetune;
  std::error_code ignored;
  const auto holds_run = [&](const std::string& folder) {
    return fs::exists(folder + "/state.safetensors", ignored) ||
           fs::exists(folder + "/checkpoint.safetensors", ignored);
  };
  if (holds_run(finetune.output.path)) {
    throw UsageError("the folder already holds a single run", finetune.output.path,
                     "give another name");
  }
  if (finetune.resume || finetune.output.if_changed) return;
  for (const std::string& blocks : job.blocks) {
    const std::string folder = job_of(job, blocks).output.path;
    if (!holds_run(folder)) continue;
    throw UsageError("the folder already holds a run", folder,
                     "continue the list with --resume, or give another name");
  }
}

/// What is wrong with data or model is wrong in every run, but for more blocks than there are.
void check_data_and_model(const PartialCurveJob& job, Progress& progress) {
  const auto most = std::max_element(job.blocks.begin(), job.blocks.end(),
                                     [](const std::string& a, const std::string& b) {
                                       return parse_train_blocks(a) < parse_train_blocks(b);
                                     });
  FinetuneJob plan = job_of(job, *most);
  plan.output.dry_run = true;
  run_finetune_job(plan, progress);
}

FinetuneJob job_of(const PartialCurveJob& job, const std::string& blocks) {
  FinetuneJob one = job.finetune;
  one.output.path += "/blocks-" + blocks;
  one.training.train_blocks = parse_train_blocks(blocks);
  return one;
}

std::vector<PartialCurvePoint> run_all(const PartialCurveJob& job, Progress& progress) {
  const bool dry_run = job.finetune.output.dry_run;
  std::vector<PartialCurvePoint> points;
  for (const std::string& blocks : job.blocks) {
    const FinetuneJob one = job_of(job, blocks);
    if (!dry_run) log_info("train-blocks " + blocks + ": " + one.output.path);
    const FinetuneJobReport report = run_finetune_job(one, progress);
    PartialCurvePoint point;
    point.blocks = blocks;
    point.run = one.output.path;
    point.parameters = report.parameters;
    const double number = one.training.train_blocks;
    point.learning = number == kAllBlocks ? static_cast<double>(report.depth) : number;
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    point.top1 = dry_run ? kNone : report.training.val_top1;
    point.top5 = dry_run ? kNone : report.training.val_top5;
    points.push_back(point);
  }
  return points;
}

void write_chart(const PartialCurveJob& job, const std::vector<PartialCurvePoint>& points) {
  Chart chart;
  chart.title = "Partial fine-tuning";
  chart.x_label = "blocks that learn";
  chart.y_label = "top-1 accuracy, %";
  chart.mark_points = chart.svg_file = true;
  ChartSeries series;
  for (const PartialCurvePoint& point : points) {
    series.points.push_back({point.learning, point.top1});
  }
  std::sort(series.points.begin(), series.points.end());
  chart.series = {series};
  Provenance provenance = process_provenance();
  for (const PartialCurvePoint& point : points) {
    const std::string file = checkpoint_file(point.run);
    add_checkpoint(provenance, file, read_checkpoint_header(file).provenance);
  }
  write_file_atomically(job.chart, html_with_provenance(svg_chart(chart), provenance),
                        job.finetune.output.overwrite);
}

}  // namespace
}  // namespace mae
