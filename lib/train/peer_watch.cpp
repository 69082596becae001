#include "mae/train/peer_watch.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace mae {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPulse{500};     // between two beats
constexpr milliseconds kSilence{4000};  // without a beat: gone or stopped
constexpr char kEnded[] = "ended";      // why the run ends, by the first who knows

std::string key_of(int rank) { return "pulse/" + std::to_string(rank); }

/// Runs `ask` on a thread of its own; nothing when it takes too long. The thread then stays behind,
/// with what it holds.
template <typename Ask>
auto answer_within(milliseconds limit, Ask ask) -> std::optional<decltype(ask())> {
  auto task = std::make_shared<std::packaged_task<decltype(ask())()>>(std::move(ask));
  auto answer = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  if (answer.wait_for(limit) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

struct Beat {
  int64_t count = 0, entered = 0;
};

}  // namespace

struct PeerWatch::State {
  std::vector<Beat> read_beats();
  std::string compare_beats();

  std::shared_ptr<SharedStore> store, own_store;
  int rank = 0, size = 1;
  std::atomic<int64_t> entered{0};
  std::mutex mutex;
  std::condition_variable wake;
  bool is_stopping = false, has_stopped = false;
  std::string ended;  // what the store said last
};

PeerWatch::PeerWatch(std::shared_ptr<SharedStore> store, std::shared_ptr<SharedStore> own_store,
                     const LaunchPlace& place)
    : state_(std::make_shared<State>()),
      owner_(place.store_exists ? "the launcher's store" : "rank 0") {
  state_->store = std::move(store);
  state_->own_store = std::move(own_store);
  state_->rank = place.rank;
  state_->size = place.world_size;
  state_->store->set(key_of(place.rank), "0 0");
  std::thread([state = state_] { beat(state); }).detach();
}

PeerWatch::~PeerWatch() {
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->is_stopping = true;
  state_->wake.notify_all();
  // Not for ever: the store may never answer again.
  state_->wake.wait_for(lock, kPulse, [this] { return state_->has_stopped; });
}

void PeerWatch::enter() { ++state_->entered; }

void PeerWatch::beat(const std::shared_ptr<State>& state) {
  std::unique_lock<std::mutex> lock(state->mutex);
  bool is_reachable = true;
  for (int64_t count = 1; is_reachable && !state->is_stopping; ++count) {
    lock.unlock();
    std::string said;
    try {
      state->own_store->set(key_of(state->rank),
                            std::to_string(count) + " " + std::to_string(state->entered));
      said = state->own_store->get(kEnded);
    } catch (const std::exception&) {
      is_reachable = false;  // its owner has ended, well or not; the next call tells
    }
    lock.lock();
    if (!said.empty()) state->ended = said;
    if (is_reachable) state->wake.wait_for(lock, kPulse, [&] { return state->is_stopping; });
  }
  state->has_stopped = true;
  state->wake.notify_all();
}

std::vector<Beat> PeerWatch::State::read_beats() {
  std::vector<std::string> keys;
  for (int peer = 0; peer < size; ++peer) keys.push_back(key_of(peer));
  std::vector<Beat> beats;
  for (const std::string& text : store->get_all(keys))
    beats.push_back({std::stoll(text), std::stoll(text.substr(text.find(' ')))});
  return beats;
}

/// Waits until all others' hearts have been seen to beat, or have been silent for long.
std::string PeerWatch::State::compare_beats() {
  const Clock::time_point start = Clock::now();
  const std::vector<Beat> before = read_beats();
  for (;;) {
    std::this_thread::sleep_for(kPulse / 2);
    const std::string said = store->get(kEnded);
    if (!said.empty()) return said;
    const std::vector<Beat> now = read_beats();
    std::vector<int> silent, behind;
    for (int peer = 0; peer < size; ++peer) {
      const auto i = static_cast<size_t>(peer);
      if (peer == rank) continue;
      if (now[i].count == before[i].count) silent.push_back(peer);
      if (now[i].entered < entered) behind.push_back(peer);
    }
    if (silent.empty())
      return behind.empty() ? "" : ranks_text(behind) + " did not come to a common call in time";
    if (Clock::now() - start > kSilence)
      return ranks_text(silent) + (silent.size() == 1 ? " has ended or no longer answers"
                                                      : " have ended or no longer answer");
  }
}

std::string PeerWatch::find_culprit() const {
  const auto ask = [state = state_]() -> std::optional<std::string> {
    try {
      return state->compare_beats();
    } catch (const std::exception&) {
      return std::nullopt;
    }
  };
  const auto found = answer_within(2 * kSilence, ask);
  if (found && *found) return **found;
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->ended.empty() ? owner_ + " has ended or no longer answers" : state_->ended;
}

void PeerWatch::publish(const std::string& why) const {
  answer_within(kSilence, [state = state_, why] {
    try {
      state->store->set_once(kEnded, why);
    } catch (const std::exception&) {
      return false;  // the store has gone, so nobody would hear it
    }
    return true;
  });
}

std::string ranks_text(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); ++i)
    text += (i == 0 ? "" : i + 1 == ranks.size() ? " and " : ", ") + std::to_string(ranks[i]);
  return text;
}

}  // namespace mae
