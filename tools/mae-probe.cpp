// mae-probe: accuracy of a linear layer or of nearest neighbours on frozen features.
#include "job_options.h"
#include "mae/jobs/probe_job.h"

namespace {

/// What the command line says before it is sorted into training and test set.
struct Words {
  std::vector<std::string> operands;
  std::int64_t seed = 0;
};

void declare_input(mae::cli::Tool& tool, mae::ProbeJob* job, Words* words) {
  tool.add_operands(&words->operands, "TRAIN TEST",
                    "feature shards of mae-encode, or patch shards for the raw-pixel baseline; "
                    "several of each are divided by --",
                    /*at_least=*/0);
  tool.add_option(&job->train, {"--train", "training shard; repeatable", "SHARD", "Input"});
  tool.add_option(&job->test, {"--test", "test shard; repeatable", "SHARD", "Input"});
  tool.add_limit(&job->limit);
  mae::cli::OptionSpec method{"--method", "linear: one layer trained with LARS; knn: neighbours",
                              "NAME"};
  method.choices = {"linear", "knn"};
  method.in_short_help = true;
  tool.add_option(&job->method, method);
}

void declare_linear(mae::cli::Tool& tool, mae::ProbeJob* job) {
  const auto add = [&](auto* target, const char* name, const char* meaning, double minimum) {
    mae::cli::OptionSpec spec{name, meaning, "", "Linear probe"};
    spec.minimum = minimum;
    tool.add_option(target, spec);
  };
  mae::LinearProbeOptions& linear = job->linear;
  // The published batch of 16384 gives a set of 8,000 samples 90 steps in all, and its rate of 0.1
  // for 256 samples then hardly moves the weights: LARS steps by a share of their length, so what
  // counts is the rate times the number of steps. 512 is what each of the published run's GPUs
  // normalised over, and 3.2 for 256 makes the published rate of 6.4 of it.
  linear.batch_size = 512;
  linear.blr = 3.2;
  tool.add_batch_size(&linear.batch_size);
  add(&linear.blr, "--blr",
      "learning rate for 256 samples; 3.2 and a batch of 512 make 6.4, the published rate, which "
      "for ImageNet comes from --batch-size 16384 --blr 0.1; smaller sets would get too few steps",
      0);
  add(&linear.lr, "--lr", "learning rate itself; 0: from --blr", 0);
  add(&linear.epochs, "--epochs", "passes over the training set", 1);
  add(&linear.warmup_epochs, "--warmup-epochs", "epochs in which the rate rises from zero", 0);
  add(&linear.weight_decay, "--weight-decay", "decay of the weights, 0 as published", 0);
  mae::cli::OptionSpec sweep{
      "--sweep", "choose the rate on a tenth of the training set, then train on all of it", "",
      "Linear probe"};
  sweep.in_short_help = true;
  tool.add_switch(&job->sweep, sweep);
  tool.add_option(&job->sweep_lr,
                  {"--sweep-lr", "rates that --sweep tries", "LR,...", "Linear probe"});
}

void declare_knn(mae::cli::Tool& tool, mae::ProbeJob* job) {
  mae::cli::OptionSpec k{"--k", "numbers of neighbours; one result each", "N,...",
                         "Nearest neighbours"};
  k.in_short_help = true;
  tool.add_option(&job->knn.k, k);
  tool.add_option(&job->knn.temperature,
                  {"--temperature", "a neighbour of cosine similarity s votes exp(s / T)", "T",
                   "Nearest neighbours"});
}

void declare_output(mae::cli::Tool& tool, mae::ProbeJob* job) {
  tool.add_output(&job->output.path, "save the linear classifier here, FILE.safetensors",
                  /*required=*/false);
  const auto table = [&](std::string* target, const char* name, const char* meaning) {
    mae::cli::OptionSpec spec{name, meaning, "FILE", "Output"};
    spec.affects_result = false;  // of the classifier, whose provenance is recorded
    tool.add_option(target, spec);
  };
  table(&job->predictions, "--predictions", "TSV of every test sample's probabilities");
  table(&job->confusion, "--confusion", "TSV of counts, true class by predicted class");
}

/// TRAIN TEST, or TRAIN... -- TEST..., or --train and --test.
void sort_operands(const mae::cli::Tool& tool, const Words& words, mae::ProbeJob* job) {
  const std::vector<std::string>& all = words.operands;
  if (all.empty()) return;
  if (!job->train.empty() || !job->test.empty()) {
    throw mae::UsageError("'" + all.front() + "' is neither training nor test set",
                          "--train, --test", "name every shard by an option, or none");
  }
  std::size_t split = tool.operands_before_separator();
  for (std::size_t i = split; i < all.size(); ++i) {
    if (all[i].compare(0, 2, "--") == 0) {
      throw mae::UsageError("everything behind -- is an operand", all[i],
                            "write options before the training shards");
    }
  }
  if (split == all.size() && all.size() == 2) split = 1;
  if (split == 0 || split >= all.size()) {
    throw mae::UsageError(
        "cannot tell which of " + std::to_string(all.size()) + " operands are the test set", "",
        "write mae-probe TRAIN TEST, or TRAIN... -- TEST...");
  }
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(split);
  job->train.assign(all.begin(), middle);
  job->test.assign(middle, all.end());
}

void print_rows(mae::cli::Tool& tool, const mae::ProbeReport& done) {
  std::vector<std::vector<nlohmann::json>> rows;
  for (const auto& row : done.rows) {
    nlohmann::json setting = row.setting;
    if (done.method == "knn") setting = static_cast<std::int64_t>(row.setting);
    rows.push_back({done.method, setting, row.top1, row.top5, done.train_samples, done.test_samples,
                    done.classes, done.features});
  }
  tool.report_table({"method", done.method == "knn" ? "k" : "lr", "top1", "top5", "train", "test",
                     "classes", "features"},
                    rows);
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-probe", "measure frozen features by a linear layer or k-NN");
  mae::ProbeJob job;
  job.threads = 0;  // all cores
  Words words;
  tool.examples(
      {"mae-probe train-features.h5 test-features.h5 --sweep",
       "mae-probe train-features.h5 test-features.h5 --method knn --k 5,10,20",
       "mae-probe train-features.h5 test-features.h5 -o probe.safetensors --predictions test.tsv"});
  declare_input(tool, &job, &words);
  declare_linear(tool, &job);
  declare_knn(tool, &job);
  declare_output(tool, &job);
  tool.add_seed(&words.seed);
  tool.add_threads(&job.threads);
  return tool.run(argc, argv, [&] {
    mae::tools::take_output_options(tool, &job.output);
    sort_operands(tool, words, &job);
    job.linear.seed = static_cast<std::uint64_t>(words.seed);
    print_rows(tool, mae::run_probe_job(job, tool.progress()));
  });
}
