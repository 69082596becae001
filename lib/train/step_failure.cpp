// Epochs and steps are counted from one here, as people count them.
#include "mae/train/step_error.h"

#include "mae/base/error.h"

namespace mae {

void throw_step_error(const std::string& what, const TrainPosition& position,
                      const SampleDataset& train, const std::vector<int64_t>& samples,
                      const std::string& run) {
  constexpr size_t kShown = 8;
  std::string names;
  for (size_t i = 0; i < samples.size() && i < kShown; ++i) {
    names += (i ? ", " : "") + train.name(samples[i]);
  }
  if (samples.size() > kShown) {
    names += " and " + std::to_string(samples.size() - kShown) + " more";
  }
  throw NumericError(
      what + " in epoch " + std::to_string(position.epoch + 1) + ", step " +
          std::to_string(position.step + 1) + "; samples of the step: " + names,
      run, "use a smaller --lr, --clip-grad or --dtype float32; the last good save is kept");
}

}  // namespace mae
