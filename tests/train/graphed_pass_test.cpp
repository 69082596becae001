// Recorded passes, with a graph on the CPU that repeats what it was given: static memory, gradients
// over several micro-batches, and batches that do not fit are all as without it.
#include "mae/train/graphed_pass.h"

#include <gtest/gtest.h>

#include "mae/masking/hidden_ids.h"
#include "mae/train/param_groups.h"
#include "support/random_tensor.h"
#include "train/pretrain_world.h"

namespace mae {
namespace {

using test::random_tensor;

/// As a device's: recording does nothing, replaying does what was recorded to the same memory.
class RepeatedWork : public WorkGraph {
 public:
  explicit RepeatedWork(int* replays) : replays_(replays) {}
  void record(const std::function<void()>& work) override { work_ = work; }
  void replay() override {
    ++*replays_;
    work_();
  }

 private:
  int* replays_;
  std::function<void()> work_;
};

struct Training {
  Mae model{test::tiny_mae()};
  std::unique_ptr<Optimizer> optimizer;
  Placement placement;

  Training() {
    model.initialize(/*seed=*/1);
    optimizer = make_adamw(weight_decay_groups(model, 0.05), {});
  }
  Tensor pass(const PlacedBatch& batch) {
    const Tensor loss = masked_loss(model, batch, placement);
    loss.backward();
    return loss.detach();
  }
};

PlacedBatch batch_of(int64_t samples, uint64_t number) {
  CopyStream copies(c10::kCPU);
  Batch batch;
  batch.pixels.samples = (random_tensor({samples, 16, 16, 3}, number) * 127 + 128).to(at::kByte);
  batch.pixels.table = random_tensor({3, 256}, 0).to(at::kFloat);
  batch.indices.resize(static_cast<size_t>(samples));
  batch.whole = batch.indices;
  return place_batch(batch, random_masking(random_tensor({samples, 16}, 100 + number), 0.75),
                     copies);
}

TEST(GraphedPass, TrainsAsThePlainPassBitForBit) {
  for (const int accum_iter : {1, 2}) {
    Training plain, graphed;
    int replays = 0;
    GraphedPass pass(std::make_unique<RepeatedWork>(&replays), parameters_of(*graphed.optimizer),
                     [&](const PlacedBatch& batch) { return graphed.pass(batch); });
    for (uint64_t i = 0; i < 12; ++i) {
      // An incomplete batch does not fit the graph.
      const PlacedBatch batch = batch_of(i == 8 ? 3 : 4, i);
      const double expected = plain.pass(batch).item<double>();
      EXPECT_EQ(pass.run(batch).item<double>(), expected) << "batch " << i;
      if ((i + 1) % accum_iter != 0) continue;
      for (Training* training : {&plain, &graphed}) {
        training->optimizer->step(1e-2);
        training->optimizer->zero_grad();
      }
    }
    EXPECT_EQ(replays, 8) << "of twelve batches three settle and one does not fit";
    const auto expected = plain.model.named_parameters();
    for (const auto& item : graphed.model.named_parameters())
      EXPECT_TRUE(item.value().equal(expected[item.key()])) << item.key();
  }
}

TEST(GraphedPass, LeavesParametersWithoutGradientsWithoutThem) {
  Training training;
  int replays = 0;
  Tensor frozen = training.model.named_parameters()["decoder_pos_embed"];
  std::vector<Tensor> params = parameters_of(*training.optimizer);
  params.push_back(frozen);
  GraphedPass pass(std::make_unique<RepeatedWork>(&replays), params,
                   [&](const PlacedBatch& batch) { return training.pass(batch); });
  for (uint64_t i = 0; i < 5; ++i) {
    pass.run(batch_of(2, i));
    EXPECT_FALSE(frozen.grad().defined());
    training.optimizer->zero_grad();
  }
  EXPECT_EQ(replays, 2);
}

TEST(CudaGraph, IsForOneProcessOnCuda) {
  PretrainOptions options = test::tiny_recipe();
  options.cuda_graph = true;
  EXPECT_THROW(plan_pretraining(options, 100), UsageError);
  options.device = "cuda:1";
  EXPECT_NO_THROW(plan_pretraining(options, 100));
  options.processes = 2;
  EXPECT_THROW(plan_pretraining(options, 100), UsageError);
}

}  // namespace
}  // namespace mae
