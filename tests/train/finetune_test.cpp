// The fine-tuning loop on pictures whose class can be seen: it learns, stops, goes on and freezes.
#include "mae/train/finetune.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/models/vit_classifier.h"
#include "mae/report/run_log.h"
#include "mae/train/classifier_evaluation.h"
#include "toy_dataset.h"

namespace mae {
namespace {

VitClassifierOptions tiny_options(int64_t classes) {
  VitClassifierOptions options;
  options.img_size = {16, 16};
  options.patch_size = {4, 4};
  options.embed_dim = 16;
  options.depth = 2;
  options.num_heads = 2;
  options.num_classes = classes;
  options.drop_path_rate = 0.1;
  return options;
}

FinetuneOptions tiny_run() {
  FinetuneOptions options;
  options.batch_size = 16;
  options.epochs = 3;
  options.warmup_epochs = 1;
  options.lr = 3e-3;
  options.layer_decay = 0.9;
  options.augment.augment = Augment::kNone;
  options.erasing.probability = 0.1;
  options.mixup = {0.8, 1.0};
  options.seed = 5;
  return options;
}

class Finetune : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("finetune_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string run_path(const std::string& name) const { return (folder_ / name).string(); }

  static Checkpoint description() {
    Checkpoint description;
    description.preprocessing.image_size = {16, 16};
    description.preprocessing.mean = {0.4, 0.4, 0.4};
    description.preprocessing.std = {0.25, 0.25, 0.25};
    description.provenance = {{"program", "mae-finetune"}};
    return description;
  }

  static std::shared_ptr<VitClassifier> fresh_model() {
    auto model = std::make_shared<VitClassifier>(tiny_options(4));
    model->initialize(1);
    return model;
  }

  FinetuneReport train(VitClassifier& model, const FinetuneOptions& options,
                       const std::string& name, bool resume = false) {
    RunDirectory run(run_path(name), resume);
    Progress silent;
    return finetune(model, data_, options, description(), run, silent);
  }

  /// Stopped in the middle of an epoch, at its end and in the middle again, a run leaves the bytes
  /// of one that was not.
  void expect_resumable(const FinetuneOptions& options);

  FinetuneData data_{std::make_shared<test::ToyDataset>(64, 4),
                     std::make_shared<test::ToyDataset>(32, 4, 1000)};
  std::filesystem::path folder_;
};

TEST_F(Finetune, LearnsWhatCanBeSeen) {
  FinetuneOptions options = tiny_run();
  options.epochs = 24;
  options.mixup = {};
  const auto model = fresh_model();
  const FinetuneReport report = train(*model, options, "run");
  EXPECT_EQ(report.epochs, 24);
  EXPECT_EQ(report.steps, 96);
  EXPECT_GT(report.best_top1, 90);
  EXPECT_EQ(report.val_top5, 100);

  // What was saved is the trained model, and the best one is as good as reported.
  const Checkpoint saved = read_checkpoint(run_path("run"));
  EXPECT_EQ(saved.config.at("model"), "vit_classifier");
  EXPECT_EQ(saved.extra.at("epoch"), 24);
  for (const auto& [name, tensor] : state_dict(*model)) {
    EXPECT_TRUE(saved.tensors.at(name).equal(tensor)) << name;
  }
  const Checkpoint best = read_checkpoint(run_path("run/best.safetensors"));
  EXPECT_EQ(best.extra.at("epoch"), report.best_epoch + 1);
  EvaluationOptions evaluation;
  evaluation.stats = {{0.4, 0.4, 0.4}, {0.25, 0.25, 0.25}};
  Progress silent;
  EXPECT_EQ(
      evaluate_classifier(*load_classifier(best, "best"), data_.validation, evaluation, silent)
          .top1,
      report.best_top1);
  const auto log = read_run_log(run_path("run/log.jsonl"));
  ASSERT_EQ(log.size(), 24U);
  EXPECT_EQ(log.back().at("val_top1"), report.val_top1);
  EXPECT_LT(log.back().at("train_loss").get<double>(), log.front().at("train_loss").get<double>());
}

void Finetune::expect_resumable(const FinetuneOptions& options) {
  const auto whole = fresh_model();
  train(*whole, options, "whole");
  FinetuneOptions part = options;
  for (const int64_t stop : {2, 8, 9, 0}) {
    part.max_steps = stop;
    const auto model = fresh_model();
    const FinetuneReport report = train(*model, part, "parts", /*resume=*/stop != 2);
    EXPECT_EQ(report.steps, stop == 0 ? 12 : stop);
  }
  for (const char* file :
       {"checkpoint.safetensors", "state.safetensors", "best.safetensors", "log.jsonl"}) {
    EXPECT_EQ(read_file(run_path("whole/") + file), read_file(run_path("parts/") + file)) << file;
  }
}

TEST_F(Finetune, ResumedEqualsUninterruptedBitForBit) { expect_resumable(tiny_run()); }

TEST_F(Finetune, TheWholeRecipeResumesBitForBit) {
  FinetuneOptions options = tiny_run();
  options.augment.augment = Augment::kCrop;
  options.erasing.max_count = 2;
  options.erasing.fill = ErasingFill::kRand;
  options.model_ema = 0.9;
  options.balance_classes = true;
  options.clip_grad = 1;
  data_.train = std::make_shared<test::ToyDataset>(66, 4);  // two classes have one sample more
  expect_resumable(options);
}

TEST_F(Finetune, TheAverageFollowsTheWeightsOfEveryStep) {
  constexpr double kDecay = 0.75;
  FinetuneOptions options = tiny_run();
  options.dtype = "float64";
  options.warmup_epochs = 0;
  const auto start = fresh_model();
  start->to(at::kDouble);
  StateDict expected;
  for (const auto& [name, tensor] : state_dict(*start)) expected[name] = tensor.detach().clone();
  StateDict last;
  for (const int64_t step : {1, 2, 3}) {  // within the first epoch
    options.max_steps = step;
    const auto model = fresh_model();
    train(*model, options, "plain" + std::to_string(step));
    last = state_dict(*model);
    for (auto& [name, average] : expected) {
      average = kDecay * average + (1 - kDecay) * last.at(name).detach();
    }
  }
  options.model_ema = kDecay;
  const auto averaged = fresh_model();
  train(*averaged, options, "averaged");
  const Checkpoint saved = read_checkpoint(run_path("averaged"));
  const Checkpoint state = read_checkpoint(run_path("averaged/state.safetensors"));
  EXPECT_EQ(saved.extra.at("model_ema"), kDecay);
  for (const auto& [name, tensor] : state_dict(*averaged)) {
    EXPECT_TRUE(tensor.allclose(expected.at(name), 1e-12, 1e-15)) << name;
    EXPECT_TRUE(saved.tensors.at(name).equal(tensor)) << name;
    EXPECT_TRUE(state.tensors.at("model." + name).equal(last.at(name))) << name;
  }
}

TEST_F(Finetune, TheAverageIsWhatIsEvaluated) {
  FinetuneOptions options = tiny_run();
  options.model_ema = 0.5;
  const auto model = fresh_model();
  const FinetuneReport report = train(*model, options, "run");
  EvaluationOptions evaluation;
  evaluation.stats = {{0.4, 0.4, 0.4}, {0.25, 0.25, 0.25}};
  Progress silent;
  for (const char* file : {"run", "run/best.safetensors"}) {
    const Checkpoint saved = read_checkpoint(run_path(file));
    const auto judged =
        evaluate_classifier(*load_classifier(saved, file), data_.validation, evaluation, silent);
    EXPECT_EQ(judged.top1, saved.extra.at("val_top1").get<double>()) << file;
  }
  EXPECT_TRUE(state_dict(*model)
                  .at("head.weight")
                  .equal(read_checkpoint(run_path("run")).tensors.at("head.weight")));
  EXPECT_TRUE(std::isfinite(report.val_top1));
}

TEST_F(Finetune, ClassWeightsActOnUnevenClassesOnly) {
  FinetuneOptions options = tiny_run();
  options.epochs = 1;
  options.warmup_epochs = 0;
  const auto weights_of = [&](bool balanced, const std::string& name) {
    options.balance_classes = balanced;
    const auto model = fresh_model();
    train(*model, options, name);
    return state_dict(*model).at("head.weight").detach().clone();
  };
  EXPECT_TRUE(weights_of(false, "even").equal(weights_of(true, "even-balanced")));
  data_.train = std::make_shared<test::ToyDataset>(66, 4);
  EXPECT_FALSE(weights_of(false, "uneven").equal(weights_of(true, "uneven-balanced")));
}

TEST_F(Finetune, LoaderThreadsChangeNothing) {
  FinetuneOptions options = tiny_run();
  options.epochs = 1;
  options.warmup_epochs = 0;
  options.augment.augment = Augment::kCrop;
  const auto one = fresh_model(), three = fresh_model();
  train(*one, options, "one");
  options.loader_threads = 3;
  train(*three, options, "three");
  EXPECT_EQ(read_file(run_path("one/checkpoint.safetensors")),
            read_file(run_path("three/checkpoint.safetensors")));
}

TEST_F(Finetune, ResumingWithOtherOptionsIsRefused) {
  FinetuneOptions options = tiny_run();
  options.max_steps = 1;
  train(*fresh_model(), options, "run");
  options.label_smoothing = 0.2;
  try {
    train(*fresh_model(), options, "run", /*resume=*/true);
    FAIL() << "expected UsageError";
  } catch (const UsageError& error) {
    EXPECT_NE(error.line().find("smoothing"), std::string::npos) << error.line();
  }
}

TEST_F(Finetune, AccumulatedMicroBatchesEqualOneLargeBatch) {
  // Without mixing (which pairs samples of a batch) the gradient of two halves is that of the
  // whole.
  FinetuneOptions options = tiny_run();
  options.mixup = {};
  options.epochs = 2;
  options.batch_size = 32;
  options.dtype = "float64";
  const auto large = fresh_model(), halves = fresh_model();
  train(*large, options, "large");
  options.batch_size = 16;
  options.accum_iter = 2;
  train(*halves, options, "halves");
  const auto expected = state_dict(*large);
  for (const auto& [name, tensor] : state_dict(*halves)) {
    EXPECT_TRUE(tensor.allclose(expected.at(name), 1e-6, 1e-9)) << name;
  }
}

struct Frozen {
  double blocks;
  std::vector<std::string> learns;  // prefixes
};

class TrainBlocks : public Finetune, public ::testing::WithParamInterface<Frozen> {};

TEST_P(TrainBlocks, OnlyTheChosenParametersChange) {
  FinetuneOptions options = tiny_run();
  options.epochs = 1;
  options.warmup_epochs = 0;
  options.train_blocks = GetParam().blocks;
  const auto model = fresh_model(), before = fresh_model();
  train(*model, options, "run");
  const auto old = state_dict(*before);
  for (const auto& [name, tensor] : state_dict(*model)) {
    bool learns = false;
    for (const std::string& prefix : GetParam().learns) {
      learns = learns || name.compare(0, prefix.size(), prefix) == 0;
    }
    EXPECT_EQ(!tensor.equal(old.at(name)), learns) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Choices, TrainBlocks,
    ::testing::Values(Frozen{0, {"head.", "fc_norm."}},
                      Frozen{0.5, {"head.", "fc_norm.", "blocks.1.mlp.", "blocks.1.norm2."}},
                      Frozen{1, {"head.", "fc_norm.", "blocks.1."}}, Frozen{2, {""}},
                      Frozen{kAllBlocks, {""}}));

TEST_F(Finetune, OptionsThatCannotBeAreNamed) {
  const auto refused = [&](const char* option, auto change) {
    FinetuneOptions options = tiny_run();
    change(options);
    try {
      plan_finetuning(options, 64);
      FAIL() << "expected UsageError for " << option;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.where(), option);
    }
  };
  refused("--batch-size", [](auto& o) { o.batch_size = 0; });
  refused("--layer-decay", [](auto& o) { o.layer_decay = 0; });
  refused("--layer-decay", [](auto& o) { o.layer_decay = 1.5; });
  refused("--smoothing", [](auto& o) { o.label_smoothing = 1; });
  refused("--reprob", [](auto& o) { o.erasing.probability = 2; });
  refused("--mixup", [](auto& o) { o.mixup.mixup = std::nan(""); });
  refused("--recount", [](auto& o) { o.erasing.max_count = 0; });
  refused("--model-ema", [](auto& o) { o.model_ema = 1; });
  refused("--color-jitter", [](auto& o) { o.augment.color_jitter = -1; });
  refused("--accum-iter", [](auto& o) { o.accum_iter = 100; });
  FinetuneOptions options = tiny_run();
  options.train_blocks = 3;
  EXPECT_THROW(train(*fresh_model(), options, "run"), UsageError);
}

TEST_F(Finetune, EveryTrainingSampleNeedsAClassOfTheModel) {
  auto unlabelled = std::make_shared<test::ToyDataset>(64, 4);
  unlabelled->unlabelled = 3;
  data_.train = unlabelled;
  EXPECT_THROW(train(*fresh_model(), tiny_run(), "a"), DataError);
  data_.train = std::make_shared<test::ToyDataset>(64, 5);  // the model knows four
  EXPECT_THROW(train(*fresh_model(), tiny_run(), "b"), DataError);
}

TEST_F(Finetune, DivergenceNamesTheSamplesOfTheStep) {
  FinetuneOptions options = tiny_run();
  options.epochs = 4;
  options.lr = 1e30;
  try {
    train(*fresh_model(), options, "run");
    FAIL() << "expected NumericError";
  } catch (const NumericError& error) {
    EXPECT_NE(error.line().find("toy-"), std::string::npos) << error.line();
  }
}

TEST_F(Finetune, SamplesWithoutALabelCountNowhereInTheEvaluation) {
  auto some = std::make_shared<test::ToyDataset>(10, 4);
  EvaluationOptions options;
  options.batch_size = 3;
  options.stats = some->pixel_stats();
  Progress silent;
  const auto model = fresh_model();
  EXPECT_EQ(evaluate_classifier(*model, some, options, silent).labelled, 10);
  some->unlabelled = 9;
  const auto result = evaluate_classifier(*model, some, options, silent);
  EXPECT_EQ(result.labelled, 9);
  EXPECT_EQ(result.logits.size(0), 10);
  // Not the mean over batches: the batch size must not matter.
  options.batch_size = 9;
  EXPECT_NEAR(evaluate_classifier(*model, some, options, silent).loss, result.loss, 1e-6);
}

TEST(TrainBlocksOption, Words) {
  EXPECT_EQ(parse_train_blocks("all"), kAllBlocks);
  EXPECT_EQ(parse_train_blocks("0"), 0);
  EXPECT_EQ(parse_train_blocks("0.5"), 0.5);
  EXPECT_EQ(parse_train_blocks("12"), 12);
  for (const char* word : {"", "1.5", "-1", "half", "2x", "nan", "inf"}) {
    EXPECT_THROW(parse_train_blocks(word), UsageError) << word;
  }
}

}  // namespace
}  // namespace mae
