#include "mae/train/step_failure.h"

#include <ATen/ops/isfinite.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/base/text.h"

namespace mae {
namespace {

bool is_finite(const Tensor& tensor) {
  return !tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>();
}

}  // namespace

std::optional<std::string> first_not_finite(const StateDict& tensors) {
  for (const auto& [name, tensor] : tensors)
    if (!is_finite(tensor)) return name;
  return std::nullopt;
}

std::string describe_bad_gradient(const Module& model) {
  for (const auto& item : model.named_parameters(/*recurse=*/true)) {
    const Tensor& gradient = item.value().grad();
    if (gradient.defined() && !is_finite(gradient))
      return "the gradient of " + item.key() + " is not finite";
  }
  return "the norm of the gradient is not finite";
}

std::string describe_bad_loss(const Module& model, const Tensor& images,
                              const std::vector<std::string>& names,
                              const std::function<double(int64_t)>& loss_of_sample) {
  const c10::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(names.size());
  for (int64_t i = 0; images.defined() && i < count; ++i)
    if (!is_finite(images[i]))
      return "the pixels of " + names[static_cast<size_t>(i)] + " are not finite";
  for (const auto& item : model.named_parameters(/*recurse=*/true))
    if (!is_finite(item.value())) return "the weight " + item.key() + " is not finite";
  for (int64_t i = 0; i < count; ++i)
    if (!std::isfinite(loss_of_sample(i)))
      return "the loss of " + names[static_cast<size_t>(i)] + " is not finite";
  return "the loss is not finite";
}

std::string step_text(const FailedStep& failed) {
  constexpr size_t kShown = 8;
  std::string names;
  for (size_t i = 0; i < failed.samples.size() && i < kShown; ++i)
    names += (i > 0 ? ", " : "") + failed.samples[i];
  if (failed.samples.size() > kShown)
    names += " and " + std::to_string(failed.samples.size() - kShown) + " more";
  return failed.what + " in epoch " + std::to_string(failed.epoch + 1) + ", step " +
         std::to_string(failed.step + 1) + " (batch " + std::to_string(failed.batch + 1) +
         " of the epoch); samples of the step: " + names;
}

std::vector<std::string> names_of(const SampleDataset& dataset,
                                  const std::vector<int64_t>& indices) {
  std::vector<std::string> names;
  for (const int64_t index : indices) names.push_back(dataset.name(index));
  return names;
}

void throw_step_error(const FailedStep& failed, const std::string& tried, const std::string& run) {
  throw NumericError(tried + step_text(failed), run,
                     "use a smaller --lr, --clip-grad or --dtype float32; what was saved before "
                     "stays");
}

}  // namespace mae
