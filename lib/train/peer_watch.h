// Who is to blame when processes that work together no longer do. c10d says that a connection broke
// or that a call took too long, but not why. So every process keeps a pulse in a store that all
// share (how often it beat, how many calls it has entered), and when a call fails, the pulses tell
// who is gone and who hangs. Knows nothing of c10d. Private to train.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "mae/train/launch_environment.h"

namespace mae {

/// Texts by name that all processes see. Its calls throw, or never return, when its owner is gone.
class SharedStore {
 public:
  virtual ~SharedStore() = default;
  virtual void set(const std::string& key, const std::string& value) = 0;
  virtual void set_once(const std::string& key, const std::string& value) = 0;
  virtual std::string get(const std::string& key) = 0;  ///< empty: nobody has set it
  /// Of keys that were all set.
  virtual std::vector<std::string> get_all(const std::vector<std::string>& keys) = 0;
};

/// "rank 1", "ranks 1, 2 and 5"
std::string ranks_text(const std::vector<int>& ranks);

class PeerWatch {
 public:
  /// How long the owner of the store must stay for the others to hear why the run ends.
  static constexpr std::chrono::milliseconds kTimeToAsk{1500};

  /// Both lead to the same texts; own_store is for the thread that beats. Returns when the first
  /// beat is there.
  PeerWatch(std::shared_ptr<SharedStore> store, std::shared_ptr<SharedStore> own_store,
            const LaunchPlace& place);
  ~PeerWatch();
  /// Before each collective call.
  void enter();
  /// Who is to blame for a call that failed, in words; empty when all are well. Takes some seconds.
  std::string find_culprit() const;
  /// Tells the others why the run ends, unless somebody has before.
  void publish(const std::string& why) const;

 private:
  struct State;
  static void beat(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // shared with threads that may stay behind
  std::string owner_;             // of the store
};

}  // namespace mae
