// Looks indices up and passes everything on.
#include "mae/data/subset_dataset.h"

#include <utility>

namespace mae {
namespace {

class SubsetDataset : public SampleDataset {
 public:
  SubsetDataset(std::shared_ptr<const SampleDataset> whole, std::vector<int64_t> indices)
      : whole_(std::move(whole)), indices_(std::move(indices)) {}

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  Image image(int64_t index) const override { return whole_->image(at(index)); }
  Image image_part(int64_t index, const LookedAt& looked_at) const override {
    return whole_->image_part(at(index), looked_at);
  }
  ClipShape clip_shape() const override { return whole_->clip_shape(); }
  int64_t tubelet_size() const override { return whole_->tubelet_size(); }
  std::vector<Image> clips(int64_t index, const ClipPlan& plan) const override {
    return whole_->clips(at(index), plan);
  }
  int64_t label(int64_t index) const override { return whole_->label(at(index)); }
  const std::string& name(int64_t index) const override { return whole_->name(at(index)); }
  std::vector<std::string> class_names() const override { return whole_->class_names(); }
  int64_t channels() const override { return whole_->channels(); }
  int bit_depth() const override { return whole_->bit_depth(); }
  std::optional<Size2d> image_size() const override { return whole_->image_size(); }
  std::optional<Size2d> patch_size() const override { return whole_->patch_size(); }
  PixelStats pixel_stats() const override { return whole_->pixel_stats(); }
  std::vector<Provenance::Input> inputs() const override { return whole_->inputs(); }
  std::vector<nlohmann::json> parents() const override { return whole_->parents(); }
  const TextInfo* text_info() const override { return whole_->text_info(); }
  TokenRow text(int64_t index) const override { return whole_->text(at(index)); }

 private:
  int64_t at(int64_t index) const { return indices_[static_cast<size_t>(index)]; }

  std::shared_ptr<const SampleDataset> whole_;
  std::vector<int64_t> indices_;
};

}  // namespace

std::shared_ptr<const SampleDataset> subset_dataset(std::shared_ptr<const SampleDataset> dataset,
                                                    std::vector<int64_t> indices) {
  return std::make_shared<SubsetDataset>(std::move(dataset), std::move(indices));
}

}  // namespace mae
