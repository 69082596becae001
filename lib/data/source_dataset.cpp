// An ImageSource as a data set: pictures of any size, with ImageNet's statistics as published.
#include "mae/data/source_dataset.h"

#include <mutex>

#include "mae/base/error.h"
#include "mae/base/parallel.h"
#include "mae/sources/image_source.h"

namespace mae {
namespace {

class SourceDataset : public SampleDataset {
 public:
  SourceDataset(std::unique_ptr<ImageSource> source, const DatasetOptions& options)
      : source_(std::move(source)), clip_(options.clip) {
    decoding_.channels = options.channels;
    decoding_.bit_depth = options.bit_depth;
    decoding_.exif_orientation = options.exif_orientation;
    decoding_.channels_policy = options.channels_policy;
  }

  int64_t size() const override { return source_->size(); }
  Image image(int64_t index) const override { return source_->load(index, decoding_); }
  Image image_part(int64_t index, const LookedAt& looked_at) const override {
    DecodeOptions decoding = decoding_;
    decoding.looked_at = looked_at;
    return source_->load(index, decoding);
  }
  ClipShape clip_shape() const override { return clip_; }
  std::vector<Image> clips(int64_t index, const ClipPlan& plan) const override {
    return source_->decode_clips(index, decoding_, plan);
  }
  int64_t label(int64_t index) const override { return source_->item(index).label; }
  const std::string& name(int64_t index) const override { return source_->item(index).name; }
  std::vector<std::string> class_names() const override { return source_->class_names(); }
  int64_t channels() const override { return decoding_.channels; }
  int bit_depth() const override { return decoding_.bit_depth; }
  std::optional<Size2d> image_size() const override { return std::nullopt; }
  std::optional<Size2d> patch_size() const override { return std::nullopt; }
  /// ImageNet's for three channels, as published; 0.5 and 0.5 for others.
  PixelStats pixel_stats() const override {
    if (channels() == 3) return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
    const auto count = static_cast<size_t>(channels());
    return {std::vector<double>(count, 0.5), std::vector<double>(count, 0.5)};
  }
  /// Reads every file once; remembered.
  std::vector<Provenance::Input> inputs() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (inputs_.empty()) inputs_ = digest_source(*source_, available_cores());
    return inputs_;
  }
  std::vector<nlohmann::json> parents() const override { return {}; }

 private:
  std::unique_ptr<ImageSource> source_;
  ClipShape clip_;
  DecodeOptions decoding_;
  mutable std::mutex mutex_;
  mutable std::vector<Provenance::Input> inputs_;
};

}  // namespace

std::shared_ptr<SampleDataset> open_source_dataset(const std::vector<std::string>& operands,
                                                   const DatasetOptions& options) {
  if (options.channels < 1 || options.channels > kMaxChannels)
    throw UsageError("pictures are read with 1 to " + std::to_string(kMaxChannels) +
                         " channels, got " + std::to_string(options.channels),
                     operands.front());
  SourceOptions source;
  source.limit = options.limit;
  if (options.clip.frames > 1) source.clips = ClipOptions{options.clip, 1, {}};
  return std::make_shared<SourceDataset>(open_image_source(operands, source), options);
}

}  // namespace mae
