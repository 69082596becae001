// mae-probe: accuracy of a linear layer or of nearest neighbours on frozen features, learned from
// all training samples, from a few of each class, or online from augmented pictures.
#include "probe_options.h"

namespace {

/// TRAIN TEST, or TRAIN... -- TEST..., or --train and --test.
void sort_operands(const mae::cli::Tool& tool, const mae::tools::ProbeWords& words,
                   mae::ProbeJob* job) {
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

nlohmann::json setting_of(const mae::ProbeReport& done, const mae::ProbeReport::Row& row) {
  if (done.method == "knn") return static_cast<std::int64_t>(row.setting);
  return row.setting;
}

const char* setting_name(const mae::ProbeReport& done) { return done.method == "knn" ? "k" : "lr"; }

void print_few_shot_rows(mae::cli::Tool& tool, const mae::ProbeReport& done, std::int64_t repeats) {
  std::vector<std::vector<nlohmann::json>> rows;
  for (const auto& row : done.rows) {
    rows.push_back({done.method, row.shots, setting_of(done, row), row.top1, row.top1_half_width,
                    row.top5, repeats, row.shots * done.classes, done.test_samples, done.classes,
                    done.features});
  }
  tool.report_table({"method", "shots", setting_name(done), "top1", "top1_ci95", "top5", "repeats",
                     "train", "test", "classes", "features"},
                    rows);
}

void print_rows(mae::cli::Tool& tool, const mae::ProbeReport& done) {
  std::vector<std::vector<nlohmann::json>> rows;
  for (const auto& row : done.rows) {
    rows.push_back({done.method, setting_of(done, row), row.top1, row.top5, done.train_samples,
                    done.test_samples, done.classes, done.features});
  }
  tool.report_table(
      {"method", setting_name(done), "top1", "top5", "train", "test", "classes", "features"}, rows);
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-probe", "measure frozen features by a linear layer or k-NN");
  mae::ProbeJob job;
  job.threads = 0;  // all cores
  mae::OnlineProbe online;
  mae::tools::ProbeWords words;
  tool.examples(
      {"mae-probe train-features.h5 test-features.h5 --sweep",
       "mae-probe train-features.h5 test-features.h5 --method knn --k 5,10,20",
       "mae-probe train-features.h5 test-features.h5 --shots 1,2,4",
       "mae-probe train-features.h5 test-features.h5 -o probe.safetensors --predictions test.tsv",
       "mae-probe --online --model run train.h5 test.h5 --epochs 20"});
  mae::tools::add_input_options(tool, &job, &words);
  mae::tools::add_linear_options(tool, &job);
  mae::tools::add_online_options(tool, &online, &words);
  mae::tools::add_knn_options(tool, &job);
  mae::tools::add_few_shot_options(tool, &job.few_shot);
  mae::tools::add_output_options(tool, &job);
  tool.add_seed(&words.seed);
  tool.add_threads(&job.threads);
  tool.run_and_leave(argc, argv, [&] {
    mae::tools::take_output_options(tool, &job.output);
    mae::tools::take_online_words(tool, words, &online);
    sort_operands(tool, words, &job);
    job.linear.seed = static_cast<std::uint64_t>(words.seed);
    job.few_shot.seed = job.linear.seed;
    const mae::ProbeReport done = words.online ? mae::run_online_probe(job, online, tool.progress())
                                               : mae::run_probe_job(job, tool.progress());
    if (job.few_shot.shots.empty()) {
      print_rows(tool, done);
    } else {
      print_few_shot_rows(tool, done, job.few_shot.repeats);
    }
  });
}
