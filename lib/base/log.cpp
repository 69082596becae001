// One sink for the whole process behind a mutex: messages may come from loader threads.
#include "mae/base/log.h"

#include <mutex>
#include <utility>

namespace mae {
namespace {

std::mutex sink_mutex;

LogSink& current_sink() {
  static LogSink sink;
  return sink;
}

void send(LogLevel level, const std::string& message) {
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

}  // namespace mae
