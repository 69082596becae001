// What every group computes from gather() and broadcast(), and the group of one.
#include "mae/train/process_group.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>

#include "mae/base/error.h"

namespace mae {
namespace {

class OneProcess : public ProcessGroup {
 public:
  OneProcess() : ProcessGroup(0, 1) {}
  void sum(Tensor&) override {}
  void broadcast(Tensor&) override {}
  std::vector<std::vector<double>> gather(const std::vector<double>& values) override {
    return {values};
  }
  std::unique_ptr<GradientReducer> make_overlapped_reducer(std::vector<Tensor> params) override {
    return make_gradient_reducer(*this, std::move(params), /*overlap=*/false);
  }
  void say_failed(const std::string&) noexcept override {}
};

}  // namespace

ProcessGroup& one_process() {
  static OneProcess group;
  return group;
}

std::vector<double> ProcessGroup::sum(const std::vector<double>& values) {
  std::vector<double> total(values.size(), 0.0);
  for (const std::vector<double>& each : gather(values))
    for (size_t i = 0; i < total.size(); ++i) total[i] += each[i];
  return total;
}

std::vector<double> ProcessGroup::max(const std::vector<double>& values) {
  std::vector<double> largest = values;
  for (const std::vector<double>& each : gather(values))
    for (size_t i = 0; i < largest.size(); ++i) largest[i] = std::max(largest[i], each[i]);
  return largest;
}

std::string ProcessGroup::broadcast(const std::string& text) {
  if (is_alone()) return text;
  const auto size = static_cast<int64_t>(broadcast(static_cast<double>(text.size())));
  if (size == 0) return "";
  Tensor bytes = at::empty({size}, at::kByte);
  if (is_first()) std::memcpy(bytes.data_ptr(), text.data(), text.size());
  broadcast(bytes);
  return {static_cast<const char*>(bytes.data_ptr()), static_cast<size_t>(size)};
}

std::string ProcessGroup::first_text(const std::string& text) {
  if (is_alone()) return text;
  const auto sizes = gather({static_cast<double>(text.size())});
  const auto found = std::find_if(sizes.begin(), sizes.end(),
                                  [](const std::vector<double>& size) { return size[0] > 0; });
  if (found == sizes.end()) return "";
  Tensor bytes = at::zeros({static_cast<int64_t>((*found)[0])}, at::kByte);
  if (rank() == found - sizes.begin()) std::memcpy(bytes.data_ptr(), text.data(), text.size());
  sum(bytes);  // of zeros but for the one
  return {static_cast<const char*>(bytes.data_ptr()), static_cast<size_t>(bytes.numel())};
}

void with_processes(const LaunchPlace& place, const GroupOptions& options,
                    const std::function<void(ProcessGroup&)>& work) {
  const std::shared_ptr<ProcessGroup> group = join_processes(place, options);
  try {
    work(*group);
  } catch (const Interrupted&) {  // in all of them
    throw;
  } catch (const Error& error) {
    group->say_failed(error.line());
    throw;
  } catch (const std::exception&) {
    group->say_failed("internal error");
    throw;
  }
}

}  // namespace mae
