// Pictures in memory whose class can be seen: class k is bright in the k-th of four quadrants.
#pragma once

#include <string>
#include <vector>

#include "mae/base/random_stream.h"
#include "mae/data/sample_dataset.h"

namespace mae::test {

class ToyDataset : public SampleDataset {
 public:
  /// `first` distinguishes training samples from validation ones.
  ToyDataset(int64_t samples, int64_t classes, int64_t first = 0, int64_t side = 16)
      : classes_(classes), side_(side) {
    for (int64_t i = 0; i < samples; ++i) names_.push_back("toy-" + std::to_string(first + i));
  }

  int64_t size() const override { return static_cast<int64_t>(names_.size()); }
  Image image(int64_t index) const override {
    Image image;
    image.height = image.width = side_;
    image.channels = 3;
    RandomStream random(1, "toy", 0, id(index));
    const int64_t quadrant = index % classes_;
    for (int64_t y = 0; y < side_; ++y) {
      for (int64_t x = 0; x < side_; ++x) {
        const bool bright = (y >= side_ / 2) * 2 + (x >= side_ / 2) == quadrant;
        for (int c = 0; c < 3; ++c) {
          image.bytes.push_back(static_cast<uint8_t>(random.below(100) + (bright ? 120 : 30)));
        }
      }
    }
    return image;
  }
  int64_t label(int64_t index) const override {
    return index == unlabelled ? -1 : index % classes_;
  }
  const std::string& name(int64_t index) const override {
    return names_[static_cast<size_t>(index)];
  }
  std::vector<std::string> class_names() const override { return {}; }
  int64_t channels() const override { return 3; }
  int bit_depth() const override { return 8; }
  std::optional<Size2d> image_size() const override { return Size2d{side_, side_}; }
  std::optional<Size2d> patch_size() const override { return std::nullopt; }
  PixelStats pixel_stats() const override { return {{0.4, 0.4, 0.4}, {0.25, 0.25, 0.25}}; }
  std::vector<Provenance::Input> inputs() const override { return {{"toy", "xxh3:0"}}; }
  std::vector<nlohmann::json> parents() const override { return {}; }

  int64_t unlabelled = -1;  ///< index of a sample without a label

 private:
  std::vector<std::string> names_;
  int64_t classes_, side_;
};

}  // namespace mae::test
