// mae-finetune's job: where weights come from, what a run leaves, and what is refused.
#include "mae/jobs/finetune_job.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/ops/pos_embed.h"
#include "tiny_world.h"

namespace mae {
namespace {

class FinetuneJobTest : public TinyWorld {
 protected:
  FinetuneJob tiny_job() {
    FinetuneJob job;
    TinyShard train, validation;
    train.samples = 12;
    validation.samples = 7;
    validation.prefix = "val/";
    job.train = {write_shard("train.h5", train)};
    job.validation = {write_shard("val.h5", validation)};
    job.model = write_model("mae.safetensors", *tiny_model());
    job.output.path = path("run");
    job.training.batch_size = 4;
    job.training.epochs = 2;
    job.training.warmup_epochs = 1;
    job.training.lr = 1e-3;
    return job;
  }

  static FinetuneJobReport run(const FinetuneJob& job) {
    Progress silent;
    return run_finetune_job(job, silent);
  }

  static std::shared_ptr<Classifier> start(const FinetuneJob& job, int64_t classes = 2) {
    return make_classifier(job, *open_dataset(job.train), classes);
  }
};

TEST_F(FinetuneJobTest, EncoderIsCopiedAndTheRestStartsFresh) {
  FinetuneJob job = tiny_job();
  const StateDict encoder = state_dict(*tiny_model());
  const auto pooled = start(job);
  size_t copied = 0;
  for (const auto& [name, tensor] : state_dict(*pooled)) {
    if (name.find("head.") == 0 || name.find("fc_norm.") == 0) continue;
    EXPECT_TRUE(tensor.equal(encoder.at(name))) << name;
    ++copied;
  }
  EXPECT_EQ(copied, 4U + 2U * 12U);
  const StateDict own = state_dict(*pooled);
  EXPECT_EQ(own.count("norm.weight"), 0U);
  EXPECT_EQ((own.at("fc_norm.weight") - 1).abs().max().item<float>(), 0);
  EXPECT_LT(own.at("head.weight").abs().max().item<float>(), 2e-4F);
  EXPECT_GT(own.at("head.weight").abs().max().item<float>(), 0);

  job.global_pool = false;
  const StateDict with_norm = state_dict(*start(job));
  EXPECT_TRUE(with_norm.at("norm.weight").equal(encoder.at("norm.weight")));
  EXPECT_EQ(with_norm.count("fc_norm.weight"), 0U);
}

TEST_F(FinetuneJobTest, PositionTableIsInterpolatedToAnotherSize) {
  FinetuneJob job = tiny_job();
  job.sizes.img_size = {24, 16};
  const auto model = start(job);
  EXPECT_EQ(model->img_size(), (Size2d{24, 16}));
  const Tensor expected =
      interpolate_pos_embed(state_dict(*tiny_model()).at("pos_embed"), {4, 4}, {6, 4});
  EXPECT_TRUE(state_dict(*model).at("pos_embed").equal(expected));
}

TEST_F(FinetuneJobTest, ClassifierIsEvaluatedAtAnotherSize) {
  FinetuneJob job = tiny_job();
  run(job);
  Checkpoint checkpoint = read_checkpoint(job.output.path);
  const Tensor table = checkpoint.tensors.at("pos_embed");
  resize_classifier({24, 16}, &checkpoint);
  const auto larger = load_classifier(checkpoint, "larger");
  EXPECT_EQ(larger->img_size(), (Size2d{24, 16}));
  EXPECT_TRUE(
      state_dict(*larger).at("pos_embed").equal(interpolate_pos_embed(table, {4, 4}, {6, 4})));
  FinetuneJob evaluation;
  evaluation.model = job.output.path;
  evaluation.validation = job.validation;
  evaluation.evaluate_only = true;
  evaluation.sizes.img_size = {24, 16};
  const FinetuneJobReport report = run(evaluation);
  EXPECT_EQ(report.evaluation.labelled, 7);
  EXPECT_EQ(report.config.at("img_size"), (nlohmann::json{24, 16}));
  evaluation.sizes.img_size = {25, 16};
  EXPECT_THROW(run(evaluation), UsageError);
}

TEST_F(FinetuneJobTest, OtherChannelsNeedAPolicy) {
  FinetuneJob job = tiny_job();
  TinyShard grey;
  grey.samples = 12;
  grey.channels = 1;
  job.train = {write_shard("grey.h5", grey)};
  EXPECT_THROW(run(job), DataError);
  job.channels_policy = "repeat";
  run(job);
  EXPECT_EQ(read_checkpoint_header(job.output.path).preprocessing.channels, 3);
  job.model = "";
  EXPECT_THROW(run(job), UsageError);  // nothing to adapt to
}

TEST_F(FinetuneJobTest, FromScratchTakesSizesFromOptionsAndData) {
  FinetuneJob job = tiny_job();
  job.model = "";
  job.sizes.embed_dim = 8;
  job.sizes.depth = 3;
  job.sizes.num_heads = 2;
  const auto model = start(job, 5);
  EXPECT_EQ(model->img_size(), (Size2d{16, 16}));
  EXPECT_EQ(model->config().at("patch_size"), nlohmann::json({4, 4}));
  EXPECT_EQ(model->depth(), 3);
  EXPECT_EQ(model->num_classes(), 5);
  const Tensor head = state_dict(*model).at("head.weight");
  EXPECT_NEAR(head.pow(2).mean().sqrt().item<double>(), 0.02, 0.006);  // 40 numbers
  job.training.seed = 1;
  EXPECT_FALSE(state_dict(*start(job, 5))
                   .at("blocks.0.attn.qkv.weight")
                   .equal(state_dict(*model).at("blocks.0.attn.qkv.weight")));
}

TEST_F(FinetuneJobTest, RunFolderEvaluatesToWhatWasReported) {
  const FinetuneJob job = tiny_job();
  const FinetuneJobReport trained = run(job);
  EXPECT_EQ(trained.training.epochs, 2);
  EXPECT_EQ(trained.training.steps, 6);
  const Checkpoint saved = read_checkpoint(job.output.path);
  EXPECT_EQ(saved.config.at("model"), "vit_classifier");
  EXPECT_EQ(saved.config.at("num_classes"), 2);
  EXPECT_EQ(saved.extra.at("class_names"), (nlohmann::json{"cat", "dog"}));
  EXPECT_EQ(saved.preprocessing.mean,
            std::vector<double>(3, 0.5));               // the encoder's, not the data's
  EXPECT_EQ(saved.provenance.at("inputs").size(), 3U);  // train, val, checkpoint

  FinetuneJob evaluation;
  evaluation.model = job.output.path;
  evaluation.validation = job.validation;
  evaluation.evaluate_only = true;
  evaluation.predictions = path("predictions.tsv");
  evaluation.confusion = path("confusion.tsv");
  evaluation.training.batch_size = 3;
  const FinetuneJobReport evaluated = run(evaluation);
  EXPECT_EQ(evaluated.evaluation.top1, trained.training.val_top1);
  EXPECT_NEAR(evaluated.evaluation.loss, trained.training.val_loss, 1e-6);
  EXPECT_EQ(evaluated.evaluation.labelled, 7);
  const std::string table = read_file(evaluation.predictions);
  EXPECT_EQ(table.substr(0, table.find('\n')), "name\tlabel\tprediction\tcat\tdog");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 8);
  EXPECT_NE(table.find("val/6.png\tcat\t"), std::string::npos);
  EXPECT_EQ(read_file(evaluation.confusion).substr(0, 14), "label\tcat\tdog\n");
}

TEST_F(FinetuneJobTest, RandAugmentIsForGreyAndRgbPictures) {
  FinetuneJob job = tiny_job();
  TinyShard shard;
  shard.samples = 8;
  job.model = "";
  job.validation.clear();
  job.sizes.embed_dim = 8;
  job.sizes.depth = 1;
  job.sizes.num_heads = 2;
  for (const int64_t channels : {1, 2}) {
    shard.channels = channels;
    job.train = {write_shard(std::to_string(channels) + ".h5", shard)};
    job.output.path = path("run-" + std::to_string(channels));
    run(job);
    const nlohmann::json recorded =
        read_checkpoint_header(job.output.path + "/state.safetensors").extra;
    EXPECT_EQ(recorded.at("training_config").at("aa"),
              channels == 1 ? "rand-m9-n2-mstd0.5-inc1" : "none");
  }
  job.rand_augment_given = true;
  job.output.path = path("refused");
  EXPECT_THROW(run(job), UsageError);
  EXPECT_FALSE(std::filesystem::exists(job.output.path));
}

TEST_F(FinetuneJobTest, TablesComeFromTheAveragedWeights) {
  FinetuneJob job = tiny_job();
  job.training.model_ema = 0.9;
  job.class_accuracy = path("classes.tsv");
  const FinetuneJobReport trained = run(job);
  EXPECT_EQ(trained.evaluation.top1, trained.training.val_top1);
  const std::string table = read_file(job.class_accuracy);
  EXPECT_EQ(table.substr(0, table.find('\n')), "class\tsamples\tcorrect\taccuracy");
  EXPECT_NE(table.find("cat\t4\t"), std::string::npos);
  EXPECT_NE(table.find("dog\t3\t"), std::string::npos);
}

TEST_F(FinetuneJobTest, ClassifierKeepsItsHeadForAsManyClassesOnly) {
  FinetuneJob job = tiny_job();
  run(job);
  const StateDict trained = read_checkpoint(job.output.path).tensors;
  job.model = job.output.path;
  EXPECT_TRUE(state_dict(*start(job, 2)).at("head.weight").equal(trained.at("head.weight")));
  EXPECT_TRUE(state_dict(*start(job, 2)).at("fc_norm.weight").equal(trained.at("fc_norm.weight")));
  EXPECT_EQ(state_dict(*start(job, 3)).at("head.weight").size(0), 3);
}

TEST_F(FinetuneJobTest, FinishedRunIsLeftAloneWhenNothingChanged) {
  FinetuneJob job = tiny_job();
  run(job);
  const std::string before = read_file(path("run/state.safetensors"));
  EXPECT_THROW(run(job), UsageError);  // neither --resume nor --if-changed
  job.output.if_changed = true;
  const FinetuneJobReport again = run(job);
  EXPECT_EQ(again.training.epochs, 2);
  EXPECT_TRUE(std::isfinite(again.training.val_top1));
  EXPECT_EQ(read_file(path("run/state.safetensors")), before);
}

TEST_F(FinetuneJobTest, DryRunCountsAndWritesNothing) {
  FinetuneJob job = tiny_job();
  job.output.dry_run = true;
  const FinetuneJobReport all = run(job);
  EXPECT_EQ(all.samples, 12);
  EXPECT_EQ(all.plan.steps_per_epoch, 3);
  EXPECT_FALSE(std::filesystem::exists(job.output.path));
  job.training.train_blocks = 0;
  EXPECT_EQ(run(job).parameters, 2 * 16 + 16 * 2 + 2);  // fc_norm and head
  EXPECT_GT(all.parameters, run(job).parameters);
}

TEST_F(FinetuneJobTest, ContradictionsAreRefused) {
  const auto refused = [&](auto change) {
    FinetuneJob job = tiny_job();
    change(job);
    EXPECT_THROW(run(job), UsageError);
  };
  refused([](FinetuneJob& job) { job.train.clear(); });
  refused([](FinetuneJob& job) { job.output.path = ""; });
  refused([](FinetuneJob& job) { job.evaluate_only = true; });  // and a training set
  refused([](FinetuneJob& job) {
    job.evaluate_only = true;
    job.train.clear();
    job.model = "";
  });
  refused([](FinetuneJob& job) {
    job.validation.clear();
    job.predictions = "p.tsv";
  });
  refused([](FinetuneJob& job) { job.sizes.depth = 4; });  // the checkpoint has two
  refused([](FinetuneJob& job) { job.mean = {0.5}; });
}

TEST_F(FinetuneJobTest, SetsThatDoNotFitAreRefused) {
  FinetuneJob job = tiny_job();
  TinyShard grey;
  grey.channels = 1;
  job.train = {write_shard("grey.h5", grey)};
  EXPECT_THROW(run(job), DataError);

  job = tiny_job();
  job.evaluate_only = true;  // of a checkpoint that is no classifier
  job.train.clear();
  EXPECT_THROW(run(job), DataError);
}

}  // namespace
}  // namespace mae
