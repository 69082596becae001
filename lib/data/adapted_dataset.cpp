#include "mae/data/adapted_dataset.h"

#include <numeric>
#include <utility>

namespace mae {
namespace {

std::string place_of(const SampleDataset& dataset) {
  const std::vector<Provenance::Input> inputs = dataset.inputs();
  return inputs.empty() ? "" : inputs.front().name;
}

class AdaptedDataset : public SampleDataset {
 public:
  AdaptedDataset(std::shared_ptr<SampleDataset> stored, int64_t channels, ChannelsPolicy policy)
      : stored_(std::move(stored)), channels_(channels), policy_(policy) {}

  int64_t size() const override { return stored_->size(); }
  Image image(int64_t index) const override {
    return adapt_channels(stored_->image(index), channels_, policy_, stored_->name(index));
  }
  Image image_part(int64_t index, const LookedAt& looked_at) const override {
    return adapt_channels(stored_->image_part(index, looked_at), channels_, policy_,
                          stored_->name(index));
  }
  ClipShape clip_shape() const override { return stored_->clip_shape(); }
  int64_t tubelet_size() const override { return stored_->tubelet_size(); }
  std::vector<Image> clips(int64_t index, const ClipPlan& plan) const override {
    std::vector<Image> clips = stored_->clips(index, plan);
    for (Image& clip : clips)
      clip = adapt_channels(std::move(clip), channels_, policy_, stored_->name(index));
    return clips;
  }
  int64_t label(int64_t index) const override { return stored_->label(index); }
  const std::string& name(int64_t index) const override { return stored_->name(index); }
  std::vector<std::string> class_names() const override { return stored_->class_names(); }
  int64_t channels() const override { return channels_; }
  int bit_depth() const override { return stored_->bit_depth(); }
  std::optional<Size2d> image_size() const override { return stored_->image_size(); }
  std::optional<Size2d> patch_size() const override { return stored_->patch_size(); }
  /// Averaged channels vary less than each of them; the mean deviation is an upper bound.
  PixelStats pixel_stats() const override {
    const PixelStats stats = stored_->pixel_stats();
    return {adapt(stats.mean), adapt(stats.std)};
  }
  std::vector<Provenance::Input> inputs() const override { return stored_->inputs(); }
  std::vector<nlohmann::json> parents() const override { return stored_->parents(); }
  const TextInfo* text_info() const override { return stored_->text_info(); }
  TokenRow text(int64_t index) const override { return stored_->text(index); }

 private:
  std::vector<double> adapt(const std::vector<double>& values) const {
    std::vector<double> adapted;
    const double mean =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    for (size_t c = 0; c < static_cast<size_t>(channels_); ++c) {
      adapted.push_back(policy_ == ChannelsPolicy::kAverage ? mean : values[c % values.size()]);
    }
    return adapted;
  }

  std::shared_ptr<SampleDataset> stored_;
  int64_t channels_;
  ChannelsPolicy policy_;
};

}  // namespace

std::shared_ptr<SampleDataset> adapt_dataset(std::shared_ptr<SampleDataset> dataset,
                                             int64_t channels, ChannelsPolicy policy) {
  if (policy == ChannelsPolicy::kError || dataset->channels() == channels) return dataset;
  check_channels_policy(dataset->channels(), channels, policy, place_of(*dataset));
  return std::make_shared<AdaptedDataset>(std::move(dataset), channels, policy);
}

}  // namespace mae
