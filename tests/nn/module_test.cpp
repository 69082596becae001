// Names, order and conversion of a tree of parameters.
#include "mae/nn/module.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"

namespace mae {
namespace {

struct Leaf : Module {
  Leaf() : weight(register_parameter("weight", at::ones({2}))) {
    table = register_buffer("table", at::zeros({3}));
  }
  Tensor weight, table;
};

struct Tree : Module {
  Tree() {
    leaf = register_module("leaf", std::make_shared<Leaf>());
    frozen = register_parameter("frozen", at::ones({1}), /*requires_grad=*/false);
  }
  Tensor frozen;
  std::shared_ptr<Leaf> leaf;
};

std::vector<std::string> names(const NamedTensors& tensors) {
  std::vector<std::string> keys;
  for (const auto& item : tensors) keys.push_back(item.key());
  return keys;
}

TEST(Module, NamesAreJoinedAndOwnTensorsComeFirst) {
  const Tree tree;
  EXPECT_EQ(names(tree.named_parameters()), (std::vector<std::string>{"frozen", "leaf.weight"}));
  EXPECT_EQ(names(tree.named_parameters(/*recurse=*/false)), std::vector<std::string>{"frozen"});
  EXPECT_EQ(names(tree.named_buffers()), std::vector<std::string>{"leaf.table"});
  EXPECT_EQ(tree.named_children().front().key(), "leaf");
  EXPECT_FALSE(tree.named_parameters()["frozen"].requires_grad());
  EXPECT_TRUE(tree.named_parameters()["leaf.weight"].requires_grad());
  EXPECT_EQ(tree.named_parameters().find("leaf.bias"), nullptr);
  EXPECT_THROW(tree.named_parameters()["leaf.bias"], UsageError);
}

// Members and optimizers hold handles: converting must change what these point at.
TEST(Module, ConversionReachesEveryHandle) {
  Tree tree;
  const Tensor handle = tree.named_parameters()["leaf.weight"];
  tree.to(at::kDouble);
  EXPECT_EQ(handle.scalar_type(), at::kDouble);
  EXPECT_EQ(tree.leaf->weight.scalar_type(), at::kDouble);
  EXPECT_EQ(tree.leaf->table.scalar_type(), at::kDouble);
  EXPECT_TRUE(handle.requires_grad());
  EXPECT_TRUE(handle.is_leaf());
  (handle * 3.0).sum().backward();
  EXPECT_EQ(tree.leaf->weight.grad().sum().item<double>(), 6.0);
  tree.to(c10::kCPU, at::kFloat);
  EXPECT_EQ(handle.scalar_type(), at::kFloat);
}

TEST(Module, ModeReachesEveryPart) {
  Tree tree;
  tree.eval();
  EXPECT_FALSE(tree.leaf->is_training());
  tree.train();
  EXPECT_TRUE(tree.leaf->is_training() && tree.is_training());
}

TEST(Module, NamesAreUniqueAndWithoutDots) {
  Module module;
  module.register_parameter("a", at::ones({1}));
  EXPECT_THROW(module.register_buffer("a", at::ones({1})), UsageError);
  EXPECT_THROW(module.register_module("a", std::make_shared<Leaf>()), UsageError);
  EXPECT_THROW(module.register_parameter("b.c", at::ones({1})), UsageError);
  EXPECT_THROW(module.register_parameter("", at::ones({1})), UsageError);
}

}  // namespace
}  // namespace mae
