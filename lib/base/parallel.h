// Ordered work on several threads with bounded memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mae {

/// A fixed set of threads that run tasks. The destructor finishes queued tasks and joins.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  template <typename Function>
  auto submit(Function function) -> std::future<decltype(function())> {
    auto task = std::make_shared<std::packaged_task<decltype(function())()>>(std::move(function));
    auto future = task->get_future();
    enqueue([task] { (*task)(); });
    return future;
  }
  int size() const { return static_cast<int>(threads_.size()); }

 private:
  void enqueue(std::function<void()> task);
  void run();
  std::vector<std::thread> threads_;
  std::deque<std::function<void()>> queue_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
};

/// Calls consume(produce(i)) for i = 0 .. count-1: `produce` on `threads` threads, `consume` on the
/// caller's, in order. At most `ahead` results wait (0: four a thread). The first exception, in
/// index order, is rethrown after the workers stopped.
template <typename Produce, typename Consume>
void ordered_map(int64_t count, int threads, int64_t ahead, Produce produce, Consume consume) {
  using Result = decltype(produce(int64_t{0}));
  if (threads <= 1) {
    for (int64_t i = 0; i < count; ++i) consume(i, produce(i));
    return;
  }
  if (ahead <= 0) ahead = int64_t{4} * threads;
  ThreadPool pool(threads);
  std::deque<std::future<Result>> waiting;
  int64_t submitted = 0;
  for (int64_t i = 0; i < count; ++i) {
    while (submitted < count && submitted < i + ahead) {
      const int64_t index = submitted++;
      waiting.push_back(pool.submit([&produce, index] { return produce(index); }));
    }
    Result result = waiting.front().get();
    waiting.pop_front();
    consume(i, std::move(result));
  }
}

/// Number of usable CPU cores (affinity mask and all), at least 1.
int available_cores();

}  // namespace mae
