// Slots claimed with one atomic each, so that threads may register while a signal arrives.
#include "mae/base/temporary_registry.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstring>

#include "mae/base/atomic_file.h"

namespace mae {
namespace {

enum SlotState { kFree, kFilling, kLive };

struct Slot {
  std::atomic<int> state{kFree};
  pid_t owner = 0;  // a forked child must not remove its parent's files
  char path[PATH_MAX] = {};
};
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers need lock-free atomics");

std::array<Slot, 64> slots;

}  // namespace

int register_temporary(const std::string& path) noexcept {
  if (path.size() >= PATH_MAX) return -1;
  for (size_t i = 0; i < slots.size(); ++i) {
    int expected = kFree;
    if (!slots[i].state.compare_exchange_strong(expected, kFilling)) continue;
    slots[i].owner = ::getpid();
    std::memcpy(slots[i].path, path.c_str(), path.size() + 1);
    slots[i].state = kLive;
    return static_cast<int>(i);
  }
  return -1;
}

void unregister_temporary(int slot) noexcept {
  if (slot >= 0) slots[static_cast<size_t>(slot)].state = kFree;
}

void remove_temporary_files_now() noexcept {
  const pid_t self = ::getpid();
  for (Slot& slot : slots) {
    if (slot.state == kLive && slot.owner == self) ::unlink(slot.path);
  }
}

}  // namespace mae
