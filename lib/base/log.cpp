// One sink for the whole process behind a mutex: messages may come from loader threads.
#include "mae/base/log.h"

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace mae {
namespace {

std::mutex sink_mutex, repeated_mutex;
std::atomic<bool> is_silent{false};

/// Messages of one kind so far.
struct Repeated {
  std::string first;
  std::set<std::string> messages;
  int64_t count = 0;  // goes on where `messages` has become long enough
};
constexpr size_t kMostRemembered = 100000;

std::map<std::string, Repeated>& repeated() {
  static std::map<std::string, Repeated> kinds;
  return kinds;
}

LogSink& current_sink() {
  static LogSink sink;
  return sink;
}

void send(LogLevel level, const std::string& message) {
  if (is_silent) return;
  const std::lock_guard<std::mutex> lock(sink_mutex);
  if (current_sink()) current_sink()(level, message);
}

}  // namespace

void set_log_sink(LogSink sink) {
  const std::lock_guard<std::mutex> lock(sink_mutex);
  current_sink() = std::move(sink);
}

void log_debug(const std::string& message) { send(LogLevel::kDebug, message); }
void log_info(const std::string& message) { send(LogLevel::kInfo, message); }
void log_warning(const std::string& message) { send(LogLevel::kWarning, message); }

void log_repeated(const std::string& kind, const std::string& message) {
  if (is_silent) return;
  log_debug(message);
  const std::lock_guard<std::mutex> lock(repeated_mutex);
  Repeated& so_far = repeated()[kind];
  if (so_far.count == 0) so_far.first = message;
  const bool is_full = so_far.messages.size() >= kMostRemembered;
  if (is_full || so_far.messages.insert(message).second) ++so_far.count;
}

void log_repeated_totals() {
  std::map<std::string, Repeated> kinds;
  {
    const std::lock_guard<std::mutex> lock(repeated_mutex);
    kinds.swap(repeated());
  }
  for (const auto& [kind, so_far] : kinds)
    log_warning(std::to_string(so_far.count) + " " + kind + "; the first: " + so_far.first);
}

void silence_log_for_good() { is_silent = true; }

}  // namespace mae
