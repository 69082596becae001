// The processes that train one model together, as the training loops see them. Nothing of c10d is
// visible here: its headers cost more than all of train and are included in one file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mae/ops/tensor.h"
#include "mae/train/launch_environment.h"

namespace mae {

/// Backward passes whose gradients end up summed over all processes.
class GradientReducer {
 public:
  virtual ~GradientReducer() = default;
  /// Backward of one micro-batch, into the parameters. After the `last` one of a step the gradients
  /// there are sums over all processes; before, nothing is sent.
  /// throws ResourceError  as the group's calls do
  virtual void backward(const Tensor& loss, bool last) = 0;
};

/// All calls are collective: every process makes the same ones in the same order.
/// throws ResourceError  a process ended or did not answer in time; the message names its rank
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_alone() const { return size_ == 1; }
  /// Whether it is this process that writes.
  bool is_first() const { return rank_ == 0; }

  /// Sum over processes in place, the same bits everywhere.
  virtual void sum(Tensor& tensor) = 0;
  /// Rank 0's values, in place.
  virtual void broadcast(Tensor& tensor) = 0;
  /// Everybody's numbers, by rank; equally many each.
  virtual std::vector<std::vector<double>> gather(const std::vector<double>& values) = 0;
  /// A reducer whose all-reduces run in buckets while the backward pass is still under way.
  virtual std::unique_ptr<GradientReducer> make_overlapped_reducer(std::vector<Tensor> params) = 0;
  /// Not collective: this process ends because of `why`, which the others will say, too.
  virtual void say_failed(const std::string& why) noexcept = 0;

  /// Sums in the order of the ranks.
  std::vector<double> sum(const std::vector<double>& values);
  double sum(double value) { return sum(std::vector<double>{value}).front(); }
  /// The largest of each.
  std::vector<double> max(const std::vector<double>& values);
  /// Rank 0's.
  std::string broadcast(const std::string& text);
  double broadcast(double value) { return gather({value}).front().front(); }
  /// The text of the first process that has any.
  std::string first_text(const std::string& text);

 protected:
  ProcessGroup(int rank, int size) : rank_(rank), size_(size) {}

 private:
  int rank_, size_;
};

/// The group of a plain start. Its calls do nothing.
ProcessGroup& one_process();

/// How processes work together.
struct GroupOptions {
  double timeout_s = 600;      ///< a process that does not answer for so long is lost
  std::string device = "cpu";  ///< where the gradients lie: Gloo for cpu, NCCL for cuda
};
/// Meets the other processes; one_process() where there are none.
/// throws ResourceError  a process does not come in time, the port is in use, or this build has no
///                       c10d for the device
std::shared_ptr<ProcessGroup> join_processes(const LaunchPlace& place, const GroupOptions& options);

/// Joins the others, does `work` with them, and tells them when it fails here.
/// throws what `work` throws, and as join_processes()
void with_processes(const LaunchPlace& place, const GroupOptions& options,
                    const std::function<void(ProcessGroup&)>& work);

/// overlap  false: one all-reduce of all gradients when the last backward pass is over: the plain
///          version, and the oracle of the other one
std::unique_ptr<GradientReducer> make_gradient_reducer(ProcessGroup& group,
                                                       std::vector<Tensor> params, bool overlap);

}  // namespace mae
