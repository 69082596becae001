// Processes over c10d: a TCP store where they meet and watch each other, Gloo for tensors on the
// CPU, NCCL for those on CUDA, and c10d's Reducer for gradients. The only file that includes c10d.
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Logging.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/train/cuda_module.h"
#include "mae/train/peer_watch.h"
#include "mae/train/process_group.h"

namespace mae {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

constexpr milliseconds kStoreTimeout{10000};

std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

/// While it lives, threads that are started inherit blocked signals: those are for the main thread.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// The store as PeerWatch sees it.
class WatchedStore : public SharedStore {
 public:
  explicit WatchedStore(StorePointer store) : store_(std::move(store)) {}
  void set(const std::string& key, const std::string& value) override { store_->set(key, value); }
  void set_once(const std::string& key, const std::string& value) override {
    store_->compareSet(key, std::string(), value);
  }
  std::string get(const std::string& key) override {
    return store_->check({key}) ? store_->get_to_str(key) : std::string();
  }
  std::vector<std::string> get_all(const std::vector<std::string>& keys) override {
    std::vector<std::string> values;
    for (const std::vector<uint8_t>& bytes : store_->multiGet(keys))
      values.emplace_back(bytes.begin(), bytes.end());
    return values;
  }

 private:
  StorePointer store_;
};

class C10dGroup : public ProcessGroup {
 public:
  C10dGroup(const LaunchPlace& place, StorePointer store,
            c10::intrusive_ptr<c10d::ProcessGroup> group);
  ~C10dGroup() override;
  void sum(Tensor& tensor) override;
  void broadcast(Tensor& tensor) override;
  std::vector<std::vector<double>> gather(const std::vector<double>& values) override;
  std::unique_ptr<GradientReducer> make_overlapped_reducer(std::vector<Tensor> params) override;
  void say_failed(const std::string& why) noexcept override;

  const c10::intrusive_ptr<c10d::ProcessGroup>& c10d_group() const { return group_; }
  /// Runs a collective call; its failure becomes an error that names who is to blame.
  template <typename Call>
  void guarded(Call call) {
    watch_->enter();
    try {
      call();
    } catch (const c10::OutOfMemoryError&) {
      throw;
    } catch (const std::exception& error) {
      if (std::string(error.what()).find("can't allocate memory") != std::string::npos) throw;
      fail(first_line(error));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& reason);

  bool owns_store_, failed_ = false;
  int exceptions_ = std::uncaught_exceptions();
  StorePointer store_;
  std::unique_ptr<PeerWatch> watch_;
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
};

C10dGroup::C10dGroup(const LaunchPlace& place, StorePointer store,
                     c10::intrusive_ptr<c10d::ProcessGroup> group)
    : ProcessGroup(place.rank, place.world_size),
      owns_store_(place.rank == 0 && !place.store_exists),
      store_(std::move(store)),
      group_(std::move(group)) {
  watch_ = std::make_unique<PeerWatch>(std::make_shared<WatchedStore>(store_),
                                       std::make_shared<WatchedStore>(store_->clone()), place);
}

C10dGroup::~C10dGroup() {
  // Nobody leaves before all are done, since the store goes with its owner.
  if (!failed_ && std::uncaught_exceptions() == exceptions_) {
    try {
      gather({});
    } catch (const Error& error) {
      log_debug(error.line());
    }
  }
  if (failed_ && owns_store_) std::this_thread::sleep_for(PeerWatch::kTimeToAsk);  // for the others
}

void C10dGroup::fail(const std::string& reason) {
  failed_ = true;
  std::string why = watch_->find_culprit();
  if (why.empty()) why = "the exchange among the processes failed: " + reason;
  log_debug("a common call failed: " + reason);
  watch_->publish(why);
  throw ResourceError(why, "rank " + std::to_string(rank()) + " of " + std::to_string(size()),
                      "the newest save is whole; start all processes again with --resume");
}

void C10dGroup::say_failed(const std::string& why) noexcept {
  if (failed_) return;
  failed_ = true;
  try {
    watch_->publish("rank " + std::to_string(rank()) + " has ended: " + why);
  } catch (const std::exception&) {  // the others will find out
  }
}

void C10dGroup::sum(Tensor& tensor) {
  guarded([&] {
    std::vector<Tensor> tensors = {tensor};
    group_->allreduce(tensors)->wait();
  });
}

void C10dGroup::broadcast(Tensor& tensor) {
  guarded([&] {
    std::vector<Tensor> tensors = {tensor};
    group_->broadcast(tensors)->wait();
  });
}

std::vector<std::vector<double>> C10dGroup::gather(const std::vector<double>& values) {
  const size_t count = std::max<size_t>(values.size(), 1);  // c10d sends no empty tensors
  std::vector<Tensor> own = {at::zeros({static_cast<int64_t>(count)}, at::kDouble)};
  std::copy(values.begin(), values.end(), own.front().data_ptr<double>());
  std::vector<std::vector<Tensor>> all(1);
  for (int rank = 0; rank < size(); ++rank) all[0].push_back(at::empty_like(own.front()));
  guarded([&] { group_->allgather(all, own)->wait(); });
  std::vector<std::vector<double>> gathered;
  for (const Tensor& each : all[0]) {
    const double* first = each.data_ptr<double>();
    gathered.emplace_back(first, first + values.size());
  }
  return gathered;
}

/// The first step runs plainly: it shows which parameters get a gradient at all, for which alone
/// the Reducer may wait. (Its own search for unused ones sees nothing of recomputed blocks.)
class OverlappedReducer : public GradientReducer {
 public:
  OverlappedReducer(C10dGroup& group, std::vector<Tensor> params)
      : group_(group),
        plain_(make_gradient_reducer(group, params, /*overlap=*/false)),
        params_(std::move(params)) {}

  void backward(const Tensor& loss, bool last) override {
    if (!reducer_) {
      plain_->backward(loss, last);
      if (last) make_reducer();
      return;
    }
    group_.guarded([&] {
      // Between steps, where no gradient lies in the buckets. They then follow the order in which
      // gradients came.
      if (begins_) reducer_->rebuild_buckets();
      begins_ = last;
      if (last) reducer_->prepare_for_backward({});
      (loss * static_cast<double>(group_.size())).backward();  // the Reducer takes the mean
      if (last) reducer_->check_finalized();
    });
  }

 private:
  void make_reducer() {
    constexpr size_t kFirstBytes = c10d::kDefaultFirstBucketBytes,
                     kBytes = c10d::kDefaultBucketBytesCap;
    std::vector<Tensor> used;
    for (const Tensor& param : params_)
      if (param.grad().defined()) used.push_back(param);
    if (used.empty()) return;
    const std::vector<bool> sparse(used.size(), false);
    auto buckets =
        std::get<0>(c10d::compute_bucket_assignment_by_size(used, {kFirstBytes, kBytes}, sparse));
    std::reverse(buckets.begin(), buckets.end());  // gradients come from the last layer first
    reducer_ = std::make_unique<c10d::Reducer>(
        used, buckets, group_.c10d_group(), sparse, kBytes, /*find_unused_parameters=*/false,
        /*gradient_as_bucket_view=*/true, std::unordered_map<size_t, std::string>(), kFirstBytes,
        /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
        std::vector<int64_t>());
  }

  C10dGroup& group_;
  std::unique_ptr<GradientReducer> plain_;
  std::vector<Tensor> params_;
  std::unique_ptr<c10d::Reducer> reducer_;
  bool begins_ = true;
};

std::unique_ptr<GradientReducer> C10dGroup::make_overlapped_reducer(std::vector<Tensor> params) {
  return std::make_unique<OverlappedReducer>(*this, std::move(params));
}

std::string meeting_point(const LaunchPlace& place) {
  return place.address + ":" + std::to_string(place.port);
}

/// The store's owner, or a connection to it. Tried again and again in short turns, so that a signal
/// ends the wait.
StorePointer open_store(const LaunchPlace& place, Clock::time_point deadline) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(place.port);
  options.isServer = place.rank == 0 && !place.store_exists;
  options.waitWorkers = false;
  options.timeout = milliseconds(2000);
  for (;;) {
    check_interrupt();
    try {
      auto store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
      store->setTimeout(kStoreTimeout);
      return c10::make_intrusive<c10d::PrefixStore>("mae/" + place.run_id, store);
    } catch (const std::exception& error) {
      const std::string reason = first_line(error);
      const bool is_taken = reason.find("EADDRINUSE") != std::string::npos;
      if (options.isServer)
        throw ResourceError(is_taken ? "the port is in use" : "cannot listen here: " + reason,
                            "MASTER_PORT " + meeting_point(place),
                            "set MASTER_PORT to another one in all processes");
      if (Clock::now() > deadline)
        throw ResourceError("rank 0 does not come", meeting_point(place),
                            "is it running, and is this its address? give more time with "
                            "--peer-timeout");
    }
  }
}

/// Returns when all have come.
void wait_for_all(const LaunchPlace& place, c10d::Store& store, Clock::time_point deadline) {
  const auto key_of = [](int rank) { return "here/" + std::to_string(rank); };
  store.set(key_of(place.rank), std::string("1"));
  std::vector<int> missing;
  for (int rank = 0; rank < place.world_size; ++rank) missing.push_back(rank);
  const std::string where = meeting_point(place);
  for (;;) {
    check_interrupt();
    try {
      missing.erase(std::remove_if(missing.begin(), missing.end(),
                                   [&](int rank) { return store.check({key_of(rank)}); }),
                    missing.end());
    } catch (const std::exception&) {
      throw ResourceError("rank 0 has ended", where, "its own message says why");
    }
    if (missing.empty()) return;
    if (Clock::now() > deadline)
      throw ResourceError(ranks_text(missing) + " of " + std::to_string(place.world_size) +
                              (missing.size() == 1 ? " does" : " do") + " not come",
                          where, "their own messages say why; give more time with --peer-timeout");
    std::this_thread::sleep_for(milliseconds(100));
  }
}

/// An address that the others reach: the meeting point's network, or what GLOO_SOCKET_IFNAME says.
std::shared_ptr<gloo::transport::Device> gloo_device(const LaunchPlace& place) {
  using Gloo = c10d::ProcessGroupGloo;
  if (const char* interface = getenv("GLOO_SOCKET_IFNAME"))
    return Gloo::createDeviceForInterface(interface);
  const bool is_local = place.address == "127.0.0.1" || place.address == "localhost";
  return is_local ? Gloo::createDeviceForHostname("127.0.0.1") : Gloo::createDefaultDevice();
}

c10::intrusive_ptr<c10d::ProcessGroup> make_c10d_group(const LaunchPlace& place,
                                                       const StorePointer& store,
                                                       const GroupOptions& options) {
  using Types = c10d::ProcessGroup::BackendType;
  const milliseconds timeout(static_cast<int64_t>(1000 * options.timeout_s));
  auto group =
      c10::make_intrusive<c10d::ProcessGroup>(store->clone(), place.rank, place.world_size);
  const auto gloo_options = c10d::ProcessGroupGloo::Options::create(timeout);
  gloo_options->devices.push_back(gloo_device(place));
  const auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", store->clone()), place.rank, place.world_size,
      gloo_options);
  group->setBackend(c10::kCPU, Types::GLOO, gloo);
  group->setDefaultBackend(Types::GLOO);
  if (options.device != "cpu") {
    const StorePointer nccl_store = c10::make_intrusive<c10d::PrefixStore>("nccl", store->clone());
    const auto nccl = c10::intrusive_ptr<c10d::Backend>::reclaim(
        load_nccl_module()(nccl_store.get(), place.rank, place.world_size, timeout.count()));
    group->setBackend(c10::kCUDA, Types::NCCL, nccl);
  }
  return group;
}

}  // namespace

std::shared_ptr<ProcessGroup> join_processes(const LaunchPlace& place,
                                             const GroupOptions& options) {
  if (place.is_alone()) return {&one_process(), [](ProcessGroup*) {}};
  const Clock::time_point deadline =
      Clock::now() + milliseconds(static_cast<int64_t>(1000 * options.timeout_s));
  // What goes wrong is thrown as well, and told in one line.
  if (getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = 3;  // fatal
  const SignalsBlocked blocked;
  merge_repeated_signals();
  const StorePointer store = open_store(place, deadline);
  wait_for_all(place, *store, deadline);
  c10::intrusive_ptr<c10d::ProcessGroup> group;
  try {
    group = make_c10d_group(place, store, options);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw ResourceError("the processes cannot connect: " + first_line(error), meeting_point(place),
                        "name the network with GLOO_SOCKET_IFNAME or NCCL_SOCKET_IFNAME");
  }
  return std::make_shared<C10dGroup>(place, store, std::move(group));
}

}  // namespace mae
