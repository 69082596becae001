#include "mae/cli/log_setup.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <spdlog/version.h>

#include <mutex>

#include "mae/base/error.h"

namespace mae::cli {
namespace {

const char* const kRed = "\x1b[1;31m";
const char* const kYellow = "\x1b[33m";
const char* const kDim = "\x1b[2m";
const char* const kPlain = "\x1b[0m";

// "NAME: message", "NAME: warning: message", through the console so that the bar stays whole.
class ConsoleSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ConsoleSink(std::string name, Console* console) : name_(std::move(name)), console_(console) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string text(message.payload.data(), message.payload.size());
    switch (message.level) {
      case spdlog::level::warn:
        console_->print_line(name_ + ": " + coloured(kYellow, "warning:") + " " + text);
        break;
      case spdlog::level::err:
        console_->print_line(name_ + ": " + coloured(kRed, "error:") + " " + text);
        break;
      case spdlog::level::debug:
        console_->print_line(coloured(kDim, name_ + ": " + text));
        break;
      default:
        console_->print_line(name_ + ": " + text);
    }
  }
  void flush_() override {}

 private:
  std::string coloured(const char* colour, const std::string& text) const {
    return console_->has_colour() ? colour + text + kPlain : text;
  }

  std::string name_;
  Console* console_;
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    default:
      return spdlog::level::warn;
  }
}

}  // namespace

struct ToolLog::State {
  State(const std::string& name, Console* console)
      : console_sink(std::make_shared<ConsoleSink>(name, console)),
        logger(name, {console_sink}),
        console(console) {}

  std::shared_ptr<ConsoleSink> console_sink;
  spdlog::logger logger;
  Console* console;
};

ToolLog::ToolLog(std::string name, Console* console)
    : state_(std::make_unique<State>(name, console)) {
  state_->logger.set_level(spdlog::level::debug);
  state_->console_sink->set_level(spdlog::level::info);
  set_log_sink([state = state_.get()](LogLevel level, const std::string& message) {
    // string_view: braces in a file name must not be taken for a format.
    state->logger.log(spdlog_level(level), spdlog::string_view_t(printable(message)));
  });
}

ToolLog::~ToolLog() { set_log_sink({}); }

void ToolLog::set_level(LogLevel level) { state_->console_sink->set_level(spdlog_level(level)); }

void ToolLog::add_file(const std::string& path) {
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    file->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n: %v");
    state_->logger.sinks().push_back(std::move(file));
    state_->logger.flush_on(spdlog::level::debug);
  } catch (const spdlog::spdlog_ex& error) {
    throw ResourceError("cannot open the log file", path, error.what());
  }
}

void ToolLog::error(const std::string& line, const std::string& hint) {
  state_->logger.error(spdlog::string_view_t(line));
  if (!hint.empty()) state_->console->print_line("hint: " + printable(hint));
}

std::string logger_version() {
  return std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
         std::to_string(SPDLOG_VER_PATCH);
}

}  // namespace mae::cli
