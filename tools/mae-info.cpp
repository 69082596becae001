// mae-info: print what a file is and check that it is whole.
#include "mae/base/error.h"
#include "mae/cli/tool.h"
#include "mae/info/info_job.h"

namespace {

struct Questions {
  bool history = false, tensors = false, check = false;
};

void declare(mae::cli::Tool& tool, mae::InfoJob* job, Questions* ask) {
  tool.examples({"mae-info train.h5", "mae-info --check run data/*.h5",
                 "mae-info --history features.h5",
                 "mae-info --json model.safetensors | python3 -m json.tool"});
  tool.add_operands(&job->inputs, "FILE",
                    "shard, checkpoint, run folder or folder of shards; - is standard input");
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
}

mae::InfoJob::Question question(const Questions& ask) {
  using Question = mae::InfoJob::Question;
  if (ask.history + ask.tensors + ask.check > 1) {
    throw mae::UsageError("--history, --tensors and --check exclude each other", "",
                          "ask one after the other");
  }
  if (ask.history) return Question::kHistory;
  if (ask.tensors) return Question::kTensors;
  return ask.check ? Question::kCheck : Question::kDescribe;
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-info", "print what a file is and check that it is whole");
  mae::InfoJob job;
  Questions ask;
  declare(tool, &job, &ask);
  return tool.run(argc, argv, [&] {
    job.question = question(ask);
    job.as_json = tool.json();
    mae::run_info_job(
        job, [&tool](const std::string& text) { tool.print(text); }, tool.progress());
  });
}
