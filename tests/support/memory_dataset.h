// Small pictures held in memory, whose bytes follow from seed and index: what loaders and training
// loops run on in tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/data/sample_dataset.h"

namespace mae::test {

class MemoryDataset : public SampleDataset {
 public:
  MemoryDataset(int64_t samples, Size2d size, int64_t channels = 3, uint64_t seed = 1)
      : size_(size), channels_(channels), seed_(seed) {
    for (int64_t i = 0; i < samples; ++i) names_.push_back("class/" + std::to_string(i) + ".png");
  }

  int64_t size() const override { return static_cast<int64_t>(names_.size()); }
  /// A gradient with its own slopes and some noise: something a model can learn.
  Image image(int64_t index) const override {
    RandomStream random(seed_, "pixels", 0, static_cast<uint64_t>(index));
    Image image;
    image.height = size_.height;
    image.width = size_.width;
    image.channels = channels_;
    const double down = random.uniform(-6, 6), right = random.uniform(-6, 6);
    for (int64_t y = 0; y < image.height; ++y)
      for (int64_t x = 0; x < image.width; ++x)
        for (int64_t c = 0; c < channels_; ++c) {
          const double value = 128 + down * static_cast<double>(y) +
                               right * static_cast<double>(x) + random.uniform(-9, 9);
          image.bytes.push_back(static_cast<uint8_t>(std::min(255.0, std::max(0.0, value))));
        }
    return image;
  }
  int64_t label(int64_t index) const override { return index % 3; }
  const std::string& name(int64_t index) const override {
    return names_[static_cast<size_t>(index)];
  }
  std::vector<std::string> class_names() const override { return {"a", "b", "c"}; }
  int64_t channels() const override { return channels_; }
  int bit_depth() const override { return 8; }
  std::optional<Size2d> image_size() const override { return size_; }
  std::optional<Size2d> patch_size() const override { return std::nullopt; }
  PixelStats pixel_stats() const override {
    const auto count = static_cast<size_t>(channels_);
    return {std::vector<double>(count, 0.5), std::vector<double>(count, 0.25)};
  }
  std::vector<Provenance::Input> inputs() const override { return {}; }
  std::vector<nlohmann::json> parents() const override { return {}; }

 private:
  Size2d size_;
  int64_t channels_;
  uint64_t seed_;
  std::vector<std::string> names_;
};

}  // namespace mae::test
