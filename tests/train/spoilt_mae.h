// A tiny MAE whose loss can be spoilt, and pictures that spoil it, for tests of steps that are not
// finite.
#pragma once

#include <c10/core/GradMode.h>

#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "train/pretrain_world.h"

namespace mae::test {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// White pictures among the others.
class SomeWhite : public MemoryDataset {
 public:
  explicit SomeWhite(std::set<int64_t> white, int64_t samples = 18)
      : MemoryDataset(samples, Size2d{20, 24}, 3, /*seed=*/1), white_(std::move(white)) {}
  Image image(int64_t index) const override {
    Image image = MemoryDataset::image(index);
    if (white_.count(index) > 0) image.bytes.assign(image.bytes.size(), 255);
    return image;
  }

 private:
  std::set<int64_t> white_;
};

/// Its loss goes through `spoil`, which knows the pictures and how many passes with gradients there
/// were before.
class SpoiltMae : public Mae {
 public:
  using Spoil = std::function<Tensor(const Tensor& loss, const Tensor& images, int64_t pass)>;
  explicit SpoiltMae(Spoil spoil, const MaeOptions& options = tiny_mae())
      : Mae(options), spoil_(std::move(spoil)) {}
  bool takes_patches() const override { return false; }
  PretrainOutput forward(const Tensor& images, const PatchSelection& selection) override {
    PretrainOutput output = Mae::forward(images, selection);
    output.loss = spoil_(output.loss, images, passes_);
    if (c10::GradMode::is_enabled()) ++passes_;
    return output;
  }

 private:
  Spoil spoil_;
  int64_t passes_ = 0;
};

/// Not a number for a batch with a white picture.
inline Tensor spoil_white(const Tensor& loss, const Tensor& images, int64_t) {
  const bool has_white = images.flatten(1).amin(1).gt(1.9).any().item<bool>();
  return has_white ? loss * kNan : loss;
}

}  // namespace mae::test
