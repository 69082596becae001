// LibTorch's thread count, and how its threads wait for each other.
//
// GNU OpenMP lets a thread that waits spin for milliseconds, unless it knows of more OpenMP threads
// than there are cores. It does not know of the threads that prepare batches, nor of other
// programs: where cores are shared, the workers of one product then wait for a core that another
// one burns. A second, sleeping team of two makes it spin briefly and go to sleep; without it,
// spinning makes small models a quarter faster where cores are free. So the second team lives only
// while threads of this process wait for cores. Measured with a tiny MAE on two cores under a load
// of eight: 18 images/s with spinning, 184 with sleep, 120 with one thread.
#include <ATen/Parallel.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include "mae/base/memory_reuse.h"
#include "mae/base/parallel.h"
#include "mae/train/core_contention.h"
#include "mae/train/device.h"

namespace mae {
namespace {

void watch_cores();

}  // namespace

void set_compute_threads(int threads) {
  const int count = threads > 0 ? threads : available_cores();
  at::set_num_threads(count);
  static std::once_flag once, memory;
  std::call_once(memory, reuse_freed_memory);
  const bool chosen_by_user = std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT");
  if (count > 1 && !chosen_by_user) std::call_once(once, watch_cores);
}

namespace {

/// As long as it lives, waiting threads sleep: OpenMP counts its thread and one more, which both do
/// nothing.
class SleepingTeam {
 public:
  SleepingTeam()
      : thread_([this] {
#pragma omp parallel num_threads(2)
          { __asm__ volatile("" ::: "memory"); }  // an empty region would be left out
          std::unique_lock<std::mutex> lock(mutex_);
          ended_.wait(lock, [this] { return is_ended_; });
        }) {
  }
  ~SleepingTeam() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_ended_ = true;
    }
    ended_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_ended_ = false;
  std::thread thread_;
};

/// Where the kernel does not count, they always sleep.
void adapt_waiting() {
  constexpr std::chrono::milliseconds kBetweenLooks(100);
  SpinPermit permit;
  std::unique_ptr<SleepingTeam> team;
  for (;; std::this_thread::sleep_for(kBetweenLooks)) {
    const auto times = scheduler_times();
    const bool may_spin = times && permit.look(*times);
    if (may_spin) team.reset();
    if (!may_spin && !team) team = std::make_unique<SleepingTeam>();
  }
}

/// Never joined: it holds nothing and ends with the process.
void watch_cores() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the main thread; these inherit
  std::thread(adapt_waiting).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace mae
