// Optimizers against the published numbers, and the fused kernel against the plain twin.
#include "mae/train/optimizer.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "support/reference_file.h"
#include "support/tensor_compare.h"

namespace mae {
namespace {

using test::ReferenceFile;
constexpr const char* kReference = MAE_TESTS_DIR "/golden/reference/";

Tensor read(const ReferenceFile& file, const std::string& name) {
  std::vector<double> numbers = file.numbers(name);
  return at::from_blob(numbers.data(), file.shape(name), at::kDouble).clone();
}

void set_grad(Tensor& param, const Tensor& grad) { param.mutable_grad() = grad; }

Tensor leaf(const Tensor& value) { return value.clone().requires_grad_(true); }

void run_published_adamw(bool fused) {
  nlohmann::json reference;
  std::ifstream(std::string(kReference) + "adamw_layer_decay.json") >> reference;
  const ReferenceFile file(std::string(kReference) + "adamw_layer_decay.h5");
  std::vector<ParamGroup> groups;
  for (const std::string& name : file.children("weights")) {
    ParamGroup group;
    group.names = {name};
    group.params = {leaf(read(file, "weights/" + name))};
    group.weight_decay = reference["param_groups"][name]["weight_decay"].get<double>();
    group.lr_scale = reference["param_groups"][name]["lr_scale"].get<double>();
    set_grad(group.params[0], read(file, "gradients/" + name));
    groups.push_back(group);
  }
  ASSERT_EQ(groups.size(), 10u);
  AdamWOptions options;
  options.beta1 = reference["betas"][0].get<double>();
  options.beta2 = reference["betas"][1].get<double>();
  options.fused = fused;
  const auto optimizer = make_adamw(groups, options);
  optimizer->step(reference["lr"].get<double>());
  for (const ParamGroup& group : groups)
    test::expect_numbers(group.names[0], group.params[0],
                         file.numbers("weights_after_one_step/" + group.names[0]), {1e-13, 1e-16});
}

TEST(AdamW, PlainStepEqualsThePublishedOne) { run_published_adamw(false); }
TEST(AdamW, FusedStepEqualsThePublishedOne) { run_published_adamw(true); }

Tensor noise(std::vector<int64_t> shape, uint64_t seed) {
  RandomStream random(seed, "test");
  Tensor tensor = at::empty(shape, at::kDouble);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = random.normal();
  return tensor;
}

std::vector<ParamGroup> two_groups(at::ScalarType dtype = at::kDouble) {
  ParamGroup first, second;
  first.names = {"bias"};
  first.params = {leaf(noise({7}, 1).to(dtype))};
  first.lr_scale = 0.5;
  second.names = {"weight", "token"};
  second.params = {leaf(noise({5, 33}, 2).to(dtype)), leaf(noise({1, 1, 40}, 3).to(dtype))};
  second.weight_decay = 0.05;
  return {first, second};
}

void set_grads(std::vector<ParamGroup>& groups, uint64_t seed) {
  for (ParamGroup& group : groups)
    for (Tensor& param : group.params)
      set_grad(param, noise(param.sizes().vec(), seed++).to(param.scalar_type()));
}

TEST(AdamW, FusedEqualsItsPlainTwinOverManySteps) {
  std::vector<ParamGroup> fused_groups = two_groups(), plain_groups = two_groups();
  AdamWOptions plain_options;
  plain_options.fused = false;
  const auto fused = make_adamw(fused_groups, {}), plain = make_adamw(plain_groups, plain_options);
  for (uint64_t step = 0; step < 20; ++step) {
    set_grads(fused_groups, 100 * step);
    set_grads(plain_groups, 100 * step);
    fused->step(1e-2);
    plain->step(1e-2);
  }
  for (size_t g = 0; g < 2; ++g)
    for (size_t i = 0; i < fused_groups[g].params.size(); ++i)
      EXPECT_LT((fused_groups[g].params[i] - plain_groups[g].params[i]).abs().max().item<double>(),
                1e-13)
          << fused_groups[g].names[i];
}

TEST(AdamW, FusedAgreesInFloat32) {
  std::vector<ParamGroup> fused_groups = two_groups(at::kFloat), exact_groups = two_groups();
  const auto fused = make_adamw(fused_groups, {}), exact = make_adamw(exact_groups, {});
  for (uint64_t step = 0; step < 20; ++step) {
    set_grads(fused_groups, 100 * step);
    set_grads(exact_groups, 100 * step);
    fused->step(1e-2);
    exact->step(1e-2);
  }
  const Tensor difference = fused_groups[1].params[0].to(at::kDouble) - exact_groups[1].params[0];
  EXPECT_LT(difference.abs().max().item<double>(), 1e-5);
}

TEST(AdamW, LoadedStateGoesOnBitForBit) {
  std::vector<ParamGroup> groups = two_groups();
  const auto first = make_adamw(groups, {});
  set_grads(groups, 1);
  first->step(1e-2);
  // The state shares storage with the optimizer; a file would not.
  StateDict state;
  for (const auto& [name, tensor] : first->state()) state[name] = tensor.clone();
  std::vector<ParamGroup> copies = groups;
  for (ParamGroup& group : copies)
    for (Tensor& param : group.params) param = leaf(param.detach());
  const auto second = make_adamw(copies, {});
  second->load_state(state, "state.safetensors");
  set_grads(groups, 50);
  set_grads(copies, 50);
  first->step(1e-2);
  second->step(1e-2);
  for (size_t g = 0; g < 2; ++g)
    for (size_t i = 0; i < groups[g].params.size(); ++i)
      EXPECT_TRUE(groups[g].params[i].equal(copies[g].params[i]));
  EXPECT_EQ(state.size(), 7u);
  EXPECT_TRUE(state.count("exp_avg_sq.weight"));
  state.erase("exp_avg.token");
  EXPECT_THROW(second->load_state(state, "state.safetensors"), DataError);
}

TEST(AdamW, AStepThatIsLeftOutChangesNothingAndDoesNotCount) {
  for (const bool fused : {true, false}) {
    AdamWOptions options;
    options.fused = fused;
    std::vector<ParamGroup> groups = two_groups(), others = two_groups();
    const auto guarded = make_adamw(groups, options), plain = make_adamw(others, options);
    for (uint64_t step = 0; step < 6; ++step) {
      set_grads(groups, 100 * step);
      set_grads(others, 100 * step);
      const bool is_bad = step == 0 || step == 3;
      if (is_bad) groups[0].params[0].mutable_grad().fill_(std::nan(""));
      guarded->step(1e-2, at::full({}, is_bad ? 1.0 : 0.0, at::kFloat));
      is_bad ? guarded->was_left_out() : plain->step(1e-2);
    }
    for (size_t g = 0; g < 2; ++g)
      for (size_t i = 0; i < groups[g].params.size(); ++i)
        EXPECT_TRUE(groups[g].params[i].equal(others[g].params[i])) << "fused: " << fused;
    EXPECT_EQ(guarded->state().at("step").item<int64_t>(), 4);
  }
}

TEST(Lars, AStepThatIsLeftOutChangesNothing) {
  ParamGroup group;
  group.names = {"matrix"};
  group.params = {leaf(noise({3, 4}, 1))};
  const Tensor before = group.params[0].detach().clone();
  const auto lars = make_lars({group}, {});
  set_grad(group.params[0], noise({3, 4}, 2));
  lars->step(1.0, at::ones({}, at::kFloat));
  EXPECT_TRUE(group.params[0].equal(before));
  lars->step(1.0, at::zeros({}, at::kFloat));
  EXPECT_FALSE(group.params[0].equal(before));
}

TEST(Optimizer, ClippingLeavesGradientsWithoutANormAsTheyAre) {
  std::vector<ParamGroup> groups = two_groups();
  set_grads(groups, 1);
  groups[0].params[0].mutable_grad().fill_(std::nan(""));
  const Tensor other = groups[1].params[0].grad().clone();
  EXPECT_TRUE(std::isnan(make_adamw(groups, {})->clip_grad_norm(1e-3).item<double>()));
  EXPECT_TRUE(groups[1].params[0].grad().equal(other)) << "the bad one could not be named";
}

TEST(Optimizer, ClipsTheNormOfAllGradientsTogether) {
  std::vector<ParamGroup> groups = two_groups();
  for (ParamGroup& group : groups)
    for (Tensor& param : group.params) set_grad(param, at::ones(param.sizes(), at::kDouble));
  const auto optimizer = make_adamw(groups, {});
  const double norm = std::sqrt(7.0 + 5 * 33 + 40);
  EXPECT_NEAR(optimizer->grad_norm().item<double>(), norm, 1e-12);
  EXPECT_NEAR(optimizer->clip_grad_norm(100).item<double>(), norm, 1e-12);
  EXPECT_NEAR(optimizer->grad_norm().item<double>(), norm, 1e-12)
      << "below the limit nothing changes";
  EXPECT_NEAR(optimizer->clip_grad_norm(2).item<double>(), norm, 1e-12);
  EXPECT_NEAR(optimizer->grad_norm().item<double>(), 2, 1e-6);
  set_grad(groups[0].params[0],
           at::ones({7}, at::kDouble) * std::numeric_limits<double>::infinity());
  EXPECT_FALSE(std::isfinite(optimizer->grad_norm().item<double>()));
  optimizer->zero_grad();
  EXPECT_EQ(optimizer->grad_norm().item<double>(), 0);
}

TEST(Lars, ThreeStepsEqualThePublishedOnes) {
  const ReferenceFile file(std::string(kReference) + "lars_weight_decay.h5");
  ParamGroup group;
  group.names = {"matrix", "vector"};
  group.params = {leaf(read(file, "step0/matrix")), leaf(read(file, "step0/vector"))};
  group.weight_decay = file.attribute_number("/", "weight_decay");
  LarsOptions options;
  options.momentum = file.attribute_number("/", "momentum");
  options.trust_coefficient = file.attribute_number("/", "trust_coefficient");
  const auto lars = make_lars({group}, options);
  for (int step = 1; step <= 3; ++step) {
    const std::string at = "step" + std::to_string(step) + "/";
    set_grad(group.params[0], read(file, at + "matrix_grad"));
    set_grad(group.params[1], read(file, at + "vector_grad"));
    lars->step(file.attribute_number("/", "lr"));
    test::expect_numbers(at + "matrix", group.params[0], file.numbers(at + "matrix"),
                         {1e-13, 1e-16});
    test::expect_numbers(at + "vector", group.params[1], file.numbers(at + "vector"),
                         {1e-13, 1e-16});
  }
}

TEST(Lars, AGradientOfZerosLeavesTheWeights) {
  ParamGroup group;
  group.names = {"matrix"};
  group.params = {leaf(noise({3, 4}, 1))};
  const Tensor before = group.params[0].detach().clone();
  const auto lars = make_lars({group}, {});
  set_grad(group.params[0], at::zeros({3, 4}, at::kDouble));
  lars->step(1.0);
  EXPECT_TRUE(group.params[0].equal(before)) << "0 / 0 must not become NaN";
}

}  // namespace
}  // namespace mae
