// Where the library says things that are not results. It never prints by itself: cli/ installs a
// sink on standard error.
#pragma once

#include <functional>
#include <string>

namespace mae {

enum class LogLevel { kDebug, kInfo, kWarning };

using LogSink = std::function<void(LogLevel, const std::string&)>;

/// Replaces the sink for the whole process; an empty function silences the library (the default).
void set_log_sink(LogSink sink);

void log_debug(const std::string& message);
void log_info(const std::string& message);
void log_warning(const std::string& message);

}  // namespace mae
