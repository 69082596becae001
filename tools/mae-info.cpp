// mae-info: print what a file is, check that it is whole, and draw tables of results.
#include "mae/base/error.h"
#include "mae/cli/tool.h"
#include "mae/info/info_job.h"
#include "mae/report/table_chart.h"

namespace {

struct Questions {
  bool history = false, tensors = false, check = false, index = false, join = false;
  std::string chart;  // file to draw into; empty: the inputs are not tables
  mae::TableChartOptions drawing;
};

void declare(mae::cli::Tool& tool, mae::InfoJob* job, Questions* ask) {
  tool.examples({"mae-info train.h5", "mae-info --check run data/*.h5",
                 "mae-info --history features.h5",
                 "mae-info --index --sha256 data/train-*.h5 > data/train.index",
                 "mae-info --json model.safetensors | python3 -m json.tool",
                 "mae-info --chart accuracy.svg results.tsv --column top1"});
  tool.add_operands(
      &job->inputs, "FILE",
      "shard, checkpoint, run folder or folder of shards, or with --chart a table; - is "
      "standard input");
  tool.add_files_from();
  mae::cli::OptionSpec history = {"--history",
                                  "print the chain of programs and inputs that made each file"};
  mae::cli::OptionSpec tensors = {"--tensors", "list the datasets or tensors with type and shape"};
  mae::cli::OptionSpec check = {"--check",
                                "read everything and verify checksums; prints a line for each "
                                "file, exits with 1 when one fails"};
  history.in_short_help = tensors.in_short_help = check.in_short_help = true;
  tool.add_switch(&ask->history, history);
  tool.add_switch(&ask->tensors, tensors);
  tool.add_switch(&ask->check, check);
  tool.add_switch(&ask->index,
                  {"--index",
                   "print an index of the shards, with rows, size and digest of each; it belongs "
                   "beside them as STEM.index"});
  tool.add_switch(&ask->join,
                  {"--join",
                   "verify that all shards of each set (named as it was written, or by one of its "
                   "shards) are there, whole and of one run, and write the set's STEM.index"});
  tool.add_switch(&job->with_sha256, {"--sha256", "with --index: also the SHA-256 of each shard"});
}

void declare_chart(mae::cli::Tool& tool, Questions* ask) {
  mae::cli::OptionSpec chart{"--chart",
                             "draw tables of results: tab-separated, a header line, the first "
                             "column labels; numbers there make lines, words make bars",
                             "FILE.svg", "Charts"};
  chart.in_short_help = true;
  chart.affects_result = false;
  tool.add_option(&ask->chart, chart);
  tool.add_option(
      &ask->drawing.columns,
      {"--column", "column to draw; repeatable; default: all that hold numbers", "NAME", "Charts"});
  tool.add_option(&ask->drawing.title, {"--title", "heading of the chart", "TEXT", "Charts"});
}

mae::InfoJob::Question question(const Questions& ask) {
  using Question = mae::InfoJob::Question;
  if (ask.history + ask.tensors + ask.check + ask.index + ask.join > 1) {
    throw mae::UsageError("--history, --tensors, --check, --index and --join exclude each other",
                          "", "ask one after the other");
  }
  if (ask.history) return Question::kHistory;
  if (ask.tensors) return Question::kTensors;
  if (ask.index) return Question::kIndex;
  if (ask.join) return Question::kJoin;
  return ask.check ? Question::kCheck : Question::kDescribe;
}

void draw(mae::cli::Tool& tool, const mae::InfoJob& job, const Questions& ask) {
  if (ask.history || ask.tensors || ask.check || ask.index || ask.join) {
    throw mae::UsageError("--chart draws tables and answers no question about files", "--chart",
                          "leave --history, --tensors, --check, --index and --join out");
  }
  const mae::TableChart chart = mae::write_table_chart(job.inputs, ask.chart, ask.drawing);
  if (ask.chart == "-") return;
  tool.report({{"chart", ask.chart},
               {"kind", chart.has_bars ? "bars" : "lines"},
               {"series", chart.series},
               {"rows", chart.rows}});
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-info", "print what a file is and check that it is whole");
  mae::InfoJob job;
  Questions ask;
  declare(tool, &job, &ask);
  declare_chart(tool, &ask);
  tool.run_and_leave(argc, argv, [&] {
    if (!ask.chart.empty()) return draw(tool, job, ask);
    if (tool.given("--column") || tool.given("--title")) {
      throw mae::UsageError("there is no chart to draw", "--column, --title",
                            "add --chart FILE.svg");
    }
    job.question = question(ask);
    if (job.with_sha256 && !ask.index)
      throw mae::UsageError("is a column of an index", "--sha256", "add --index");
    job.as_json = tool.json();
    mae::run_info_job(
        job, [&tool](const std::string& text) { tool.print(text); }, tool.progress());
  });
}
