// The clips of the last few samples are kept: loaders ask for a sample's views soon after each
// other.
#include "mae/data/view_dataset.h"

#include <future>
#include <list>
#include <mutex>
#include <utility>

#include "mae/base/error.h"
#include "mae/media/frame_resize.h"

namespace mae {
namespace {

class ViewDataset : public SampleDataset {
 public:
  ViewDataset(std::shared_ptr<const SampleDataset> clips, const ViewOptions& views, Size2d img_size)
      : clips_(std::move(clips)), views_(views), img_size_(img_size) {
    for (int64_t i = 0; i < size(); ++i) {
      const int64_t view = i % views_.count();
      names_.push_back(clips_->name(sample(i)) + "@" + std::to_string(view / views_.crops) + "." +
                       std::to_string(view % views_.crops));
    }
  }

  int64_t size() const override { return clips_->size() * views_.count(); }
  Image image(int64_t index) const override {
    const int64_t view = index % views_.count();
    const auto segments = segments_of(sample(index));
    return map_frames(segments->at(static_cast<size_t>(view / views_.crops)), frames(),
                      [&](const Image& frame) {
                        return test_crop(frame, img_size_, view % views_.crops, views_.crops);
                      });
  }
  ClipShape clip_shape() const override { return clips_->clip_shape(); }
  int64_t tubelet_size() const override { return clips_->tubelet_size(); }
  int64_t label(int64_t index) const override { return clips_->label(sample(index)); }
  const std::string& name(int64_t index) const override {
    return names_[static_cast<size_t>(index)];
  }
  std::vector<std::string> class_names() const override { return clips_->class_names(); }
  int64_t channels() const override { return clips_->channels(); }
  int bit_depth() const override { return clips_->bit_depth(); }
  std::optional<Size2d> image_size() const override { return img_size_; }
  std::optional<Size2d> patch_size() const override { return clips_->patch_size(); }
  PixelStats pixel_stats() const override { return clips_->pixel_stats(); }
  std::vector<Provenance::Input> inputs() const override { return clips_->inputs(); }
  std::vector<nlohmann::json> parents() const override { return clips_->parents(); }

 private:
  using Clips = std::shared_ptr<const std::vector<Image>>;

  int64_t sample(int64_t index) const { return index / views_.count(); }

  Clips read(int64_t sample) const {
    if (views_.segments == 1)
      return std::make_shared<std::vector<Image>>(std::vector<Image>{clips_->image(sample)});
    return std::make_shared<std::vector<Image>>(clips_->clips(sample, [&](int64_t video_frames) {
      std::vector<FrameList> plan;
      for (int64_t s = 0; s < views_.segments; ++s)
        plan.push_back(test_clip(clip_shape(), video_frames, s, views_.segments));
      return plan;
    }));
  }

  /// Made by whoever asks first.
  Clips segments_of(int64_t sample) const {
    std::promise<Clips> promise;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      for (const auto& [known, clips] : kept_) {
        if (known != sample) continue;
        const std::shared_future<Clips> waiting = clips;
        lock.unlock();
        return waiting.get();
      }
      constexpr size_t kMostSamples = 4;  // of large frames
      kept_.emplace_front(sample, promise.get_future().share());
      if (kept_.size() > kMostSamples) kept_.pop_back();
    }
    try {
      Clips clips = read(sample);
      promise.set_value(clips);
      return clips;
    } catch (...) {
      promise.set_exception(std::current_exception());
      throw;
    }
  }

  std::shared_ptr<const SampleDataset> clips_;
  ViewOptions views_;
  Size2d img_size_;
  std::vector<std::string> names_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<int64_t, std::shared_future<Clips>>> kept_;
};

}  // namespace

std::shared_ptr<const SampleDataset> view_dataset(std::shared_ptr<const SampleDataset> clips,
                                                  const ViewOptions& views, Size2d img_size) {
  if (views.segments < 1 || views.crops < 1 || views.segments > 1000 || views.crops > 1000)
    throw UsageError("expected 1 to 1000", "--segments, --crops");
  if (views.count() == 1) return clips;
  if (clips->frames() == 1)
    throw UsageError("are views of videos, but the model takes pictures", "--segments, --crops");
  if (views.segments > 1 && clips->patch_size())
    throw UsageError("a shard holds one clip of each sample", "--segments",
                     "give the videos themselves");
  return std::make_shared<ViewDataset>(std::move(clips), views, img_size);
}

}  // namespace mae
