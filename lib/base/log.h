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

/// For warnings that may come once a sample: shown only with -v, and counted. Equal messages count
/// once.
/// kind  what log_repeated_totals() says of them, after their number: "pictures made the decoder
///       warn"
void log_repeated(const std::string& kind, const std::string& message);
/// One warning for each kind, with its number and the first message; then forgets them. For cli/,
/// at the end of a job.
void log_repeated_totals();

/// For a forked child, whose parent's threads may hold the sink's lock: nothing is said any more.
void silence_log_for_good();

}  // namespace mae
