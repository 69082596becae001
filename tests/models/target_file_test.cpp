// What is written comes back, and what does not belong to a model is refused by name.
#include "mae/models/target_file.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "mae/base/error.h"
#include "mae/io/safetensors_file.h"

namespace mae {
namespace {

class TargetFiles : public ::testing::Test {
 protected:
  TargetFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mae_target_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~TargetFiles() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  static TargetFile codebook() {
    TargetFile file;
    file.kind = TargetKind::kTokens;
    file.patch_size = {2, 2};
    file.channels = 3;
    file.mean = {0.5, 0.4, 0.3};
    file.std = {0.1, 0.2, 0.3};
    file.figures = {{"samples", 9}};
    file.provenance = {{"program", "mae-codebook"}};
    file.tensors = {{"codebook", at::ones({5, 12})}};
    return file;
  }

  static Preprocessing pixels() {
    Preprocessing preprocessing;
    preprocessing.mean = {0.5, 0.4, 0.3};
    preprocessing.std = {0.1, 0.2, 0.3};
    return preprocessing;
  }

  /// A file of another program: tensors and nothing else.
  void write_bare(const std::string& name, const StateDict& tensors) const {
    std::map<std::string, TensorView> views;
    for (const auto& [key, tensor] : tensors)
      views[key] = {ElementType::kFloat32, tensor.sizes().vec(), tensor.data_ptr()};
    write_safetensors(path(name), views, {});
  }

  std::string folder_;
};

/// A module with the buffers of a model that predicts tokens.
struct Owner : Module {
  Owner() {
    register_module("target", std::make_shared<ReconstructionTarget>(
                                  TargetOptions{TargetKind::kTokens, 5, {2, 2}, 3}));
  }
};

TEST_F(TargetFiles, ComeBack) {
  write_target_file(path("a.safetensors"), codebook());
  const TargetFile back = read_target_file(path("a.safetensors"));
  EXPECT_EQ(back.kind, TargetKind::kTokens);
  EXPECT_EQ(back.patch_size, (Size2d{2, 2}));
  EXPECT_EQ(back.size(), 5);
  EXPECT_EQ(back.values(), 12);
  EXPECT_EQ(back.mean, codebook().mean);
  EXPECT_EQ(back.figures.at("samples"), 9);
  EXPECT_EQ(back.provenance.at("program"), "mae-codebook");
  Owner owner;
  load_target(owner, back, "a", {2, 2}, pixels());
  EXPECT_TRUE(at::equal(owner.named_buffers()["target.codebook"], at::ones({5, 12})));
}

TEST_F(TargetFiles, OfOtherProgramsNeedOnlyTensors) {
  const Tensor codes = at::ones({5, 12}), basis = at::ones({3, 12}), mean = at::zeros({12});
  write_bare("codes.safetensors", {{"codebook", codes}});
  Owner owner;
  load_target(owner, read_target_file(path("codes.safetensors")), "codes", {2, 2}, pixels());
  write_bare("basis.safetensors", {{"basis", basis}, {"mean", mean}});
  EXPECT_EQ(read_target_file(path("basis.safetensors")).kind, TargetKind::kPca);
}

TEST_F(TargetFiles, WhatDoesNotBelongTogetherIsRefused) {
  const Tensor codes = at::ones({5, 12}), mean = at::zeros({11}), wide = at::ones({13, 12}),
               infinite = at::ones({5, 12}) / 0;
  write_bare("neither.safetensors", {{"weights", codes}});
  write_bare("both.safetensors", {{"codebook", codes}, {"basis", codes}});
  write_bare("no-mean.safetensors", {{"basis", codes}});
  write_bare("short-mean.safetensors", {{"basis", codes}, {"mean", mean}});
  write_bare("vector.safetensors", {{"codebook", mean}});
  write_bare("infinite.safetensors", {{"codebook", infinite}});
  for (const char* name : {"neither", "both", "no-mean", "short-mean", "vector", "infinite"}) {
    EXPECT_THROW(read_target_file(path(name) + ".safetensors"), DataError) << name;
  }
  EXPECT_THROW(read_target_file(path("missing.safetensors")), DataError);
}

TEST_F(TargetFiles, OfOtherPatchesAreRefused) {
  Owner owner;
  const auto load = [&](const TargetFile& file, Size2d patch, const Preprocessing& preprocessing) {
    load_target(owner, file, "f", patch, preprocessing);
  };
  EXPECT_THROW(load(codebook(), {1, 4}, pixels()), DataError);
  Preprocessing other = pixels();
  other.std[1] = 0.21;
  EXPECT_THROW(load(codebook(), {2, 2}, other), DataError);
  TargetFile unnamed = codebook();
  unnamed.patch_size = {};
  EXPECT_THROW(load(unnamed, {4, 4}, pixels()), DataError);
}

}  // namespace
}  // namespace mae
