// The probe of pretraining against mae-encode and k-NN, and what it must not touch.
#include "mae/jobs/encoder_probe.h"

#include <gtest/gtest.h>

#include "../support/memory_dataset.h"
#include "mae/base/error.h"
#include "mae/eval/knn.h"
#include "mae/jobs/encode_job.h"
#include "mae/models/state_dict.h"
#include "mae/train/masked_pass.h"
#include "tiny_world.h"

namespace mae {
namespace {

/// Counts the pictures of the last phase that was begun.
class CountingProgress : public Progress {
 public:
  void begin(const std::string&, int64_t total, const std::string&) override { total_ = total; }
  void update(int64_t done, const std::vector<std::pair<std::string, std::string>>&) override {
    done_ = done;
  }
  int64_t total_ = 0, done_ = 0;
};

class Unlabelled : public test::MemoryDataset {
 public:
  using MemoryDataset::MemoryDataset;
  int64_t label(int64_t) const override { return -1; }
};

/// The labels of every second sample are unknown.
class HalfLabelled : public test::MemoryDataset {
 public:
  using MemoryDataset::MemoryDataset;
  int64_t label(int64_t index) const override {
    return index % 2 == 0 ? MemoryDataset::label(index) : -1;
  }
};

class EncoderProbeTest : public TinyWorld {
 protected:
  static EncoderProbeOptions tiny_probe() {
    EncoderProbeOptions options;
    options.k = 3;
    options.batch_size = 4;
    options.stats = {{0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}};
    options.train_name = "train.h5";
    options.validation_name = "val.h5";
    return options;
  }

  double probe(const std::shared_ptr<const SampleDataset>& train,
               const std::shared_ptr<const SampleDataset>& validation,
               const EncoderProbeOptions& options) {
    return make_encoder_probe(train, validation, options, progress_)(*model_, Placement{});
  }

  static std::shared_ptr<const SampleDataset> pictures(int64_t samples, uint64_t seed) {
    return std::make_shared<test::MemoryDataset>(samples, Size2d{16, 16}, 3, seed);
  }

  std::shared_ptr<Mae> model_ = tiny_model();
  CountingProgress progress_;
};

TEST_F(EncoderProbeTest, EqualsEncodingAndNearestNeighbours) {
  TinyShard train, validation;
  train.samples = 21;
  validation.samples = 9;
  validation.prefix = "val/";
  const std::vector<std::string> shards{write_shard("train.h5", train),
                                        write_shard("val.h5", validation)};
  std::vector<FeatureSet> sets;
  for (const std::string& shard : shards) {
    EncodeJob job;
    job.inference.model = write_model("model.safetensors", *model_);
    job.inference.inputs = {shard};
    job.features.pool = Pool::kMean;
    job.output.path = shard + ".features.h5";
    Progress silent;
    run_encode_job(job, silent);
    sets.push_back(read_features({job.output.path}));
  }
  KnnOptions neighbours;
  neighbours.k = {3};
  const double expected = knn(sets[0], sets[1], 2, neighbours).front().top1;
  EXPECT_EQ(probe(open_dataset({shards[0]}), open_dataset({shards[1]}), tiny_probe()), expected);
  EXPECT_EQ(progress_.total_, 30);
  EXPECT_EQ(progress_.done_, 30);
}

TEST_F(EncoderProbeTest, RecognisesItsTrainingPictures) {
  EncoderProbeOptions options = tiny_probe();
  options.k = 1;
  EXPECT_EQ(probe(pictures(20, 1), pictures(20, 1), options), 100);
}

TEST_F(EncoderProbeTest, LeavesTheModelAsItIs) {
  StateDict before;
  for (const auto& [name, tensor] : state_dict(*model_)) before[name] = tensor.clone();
  probe(pictures(20, 1), pictures(10, 2), tiny_probe());
  for (const auto& [name, tensor] : state_dict(*model_)) {
    EXPECT_TRUE(tensor.equal(before.at(name))) << name;
    EXPECT_FALSE(tensor.grad().defined()) << name;
  }
}

TEST_F(EncoderProbeTest, TakesABoundedPartOfLargeSets) {
  EncoderProbeOptions options = tiny_probe();
  options.samples = 7;
  options.k = 20;  // cut to the seven
  const double top1 = probe(pictures(50, 1), pictures(5, 2), options);
  EXPECT_EQ(progress_.total_, 12);
  EXPECT_EQ(probe(pictures(50, 1), pictures(5, 2), options), top1) << "the same seven";
  options.samples = 50;
  probe(pictures(50, 1), pictures(60, 2), options);
  EXPECT_EQ(progress_.total_, 100);
}

TEST_F(EncoderProbeTest, LeavesOutSamplesWithoutALabel) {
  const auto half = std::make_shared<HalfLabelled>(20, Size2d{16, 16});
  probe(half, half, tiny_probe());
  EXPECT_EQ(progress_.total_, 20);
}

TEST_F(EncoderProbeTest, SetsWithoutLabelsAreRefused) {
  const auto none = std::make_shared<Unlabelled>(8, Size2d{16, 16});
  const auto error_of = [&](const auto& train, const auto& validation) -> std::string {
    try {
      probe(train, validation, tiny_probe());
      return "no error";
    } catch (const DataError& error) {
      return error.line();
    }
  };
  EXPECT_NE(error_of(none, pictures(8, 1)).find("train.h5"), std::string::npos);
  EXPECT_NE(error_of(pictures(8, 1), none).find("val.h5"), std::string::npos);
  EXPECT_NE(error_of(pictures(8, 1), none).find("--probe-every"), std::string::npos);
}

}  // namespace
}  // namespace mae
