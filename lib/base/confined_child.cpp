// The outcome travels as one letter (which class of error) and three lengths and texts. A child
// that ends without a word has crashed.
#include "mae/base/confined_child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include "mae/base/disk_space.h"
#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/file_notes.h"
#include "mae/base/input_policy.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/base/text.h"

namespace mae {
namespace {

constexpr uint32_t kLongestText = 1 << 20;
constexpr char kNowhere[] = "/dev/null";
constexpr int kLackedHandles = 24;  // exit code of a child that could not be confined

bool is_confined = false;  // this process is such a child

/// What became of parse() in the child.
struct Outcome {
  char kind = 'k';  // ok; otherwise the letter of an error class
  std::string what, where, hint;
};

// Closes everything from 3 on but the two, and puts nothing behind 0, 1 and 2, but for `kept`.
void close_descriptors(int channel, int kept) {
  int first = STDERR_FILENO + 1;
  for (const int spared : {std::min(channel, kept), std::max(channel, kept)}) {
    if (spared < first) continue;
    if (spared > first) ::close_range(first, spared - 1, 0);
    first = spared + 1;
  }
  ::close_range(first, ~0U, 0);
  const int nowhere = ::open(kNowhere, O_RDWR | O_CLOEXEC);
  if (nowhere < 0) return check_file_handles(errno, kNowhere);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (standard != kept) ::dup2(nowhere, standard);
  }
  ::close(nowhere);
}

void prepare_child(int channel, int kept) {
  is_confined = true;
  // The parent hears of these and decides; a child that stopped of its own would look like a crash.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::signal(number, SIG_IGN);
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(number, SIG_DFL);
  silence_log_for_good();
  close_descriptors(channel, kept);
}

// The descriptor that a name like /dev/stdin or /proc/self/fd/5 means; -1 for other names.
int descriptor_of(const std::string& path) {
  if (path == "/dev/stdin") return STDIN_FILENO;
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    const std::string number = path.substr(std::min(path.size(), folder.size()));
    if (starts_with(path, folder) && !number.empty() && number.size() < 6 &&
        number.find_first_not_of("0123456789") == std::string::npos)
      return std::stoi(number);
  }
  return -1;
}

Outcome outcome_of(const std::function<void()>& parse) {
  try {
    parse();
    return {};
  } catch (const UsageError& error) {
    return {'u', error.what(), error.where(), error.hint()};
  } catch (const ResourceError& error) {
    return {'r', error.what(), error.where(), error.hint()};
  } catch (const Error& error) {
    return {'d', error.what(), error.where(), error.hint()};
  } catch (const std::bad_alloc&) {
    return {'m', "", "", ""};
  } catch (const std::exception& error) {
    return {'d', std::string("cannot be parsed: ") + error.what(), "", ""};
  }
}

void send_text(int channel, const std::string& text) {
  const auto size = static_cast<uint32_t>(std::min<size_t>(text.size(), kLongestText));
  send_bytes(channel, &size, sizeof(size));
  send_bytes(channel, text.data(), size);
}

bool receive_text(int channel, std::string* text) {
  uint32_t size = 0;
  if (!receive_bytes(channel, &size, sizeof(size)) || size > kLongestText) return false;
  text->resize(size);
  return receive_bytes(channel, text->data(), size);
}

[[noreturn]] void throw_outcome(const Outcome& outcome, const std::string& what,
                                const SandboxLimits& limits) {
  const std::string where = outcome.where.empty() ? what : outcome.where;
  if (outcome.kind == 'u') throw UsageError(outcome.what, where, outcome.hint);
  if (outcome.kind == 'r') throw ResourceError(outcome.what, where, outcome.hint);
  if (outcome.kind != 'm') throw DataError(outcome.what, where, outcome.hint);
  throw DataError(
      "takes more than " + std::to_string(limits.memory_bytes >> 20) + " MiB of memory to read",
      what, "it is damaged, or made to do harm");
}

FileNotes& checked_files() {
  static FileNotes notes;
  return notes;
}

bool needs_check(const std::string& path, const std::string& aspect) {
  return !is_confined && !input_policy().parse_in_process && checked_files().find(path) != aspect;
}

SandboxLimits limits_for(const std::vector<std::string>& paths) {
  constexpr int64_t kBytesPerSecond = 20'000'000;  // a slow disk, and checksums
  SandboxLimits limits;
  for (const std::string& path : paths) {
    const int64_t bytes = bytes_of_file(path);
    limits.cpu_seconds += bytes / kBytesPerSecond;
    limits.memory_bytes = std::max(limits.memory_bytes, (int64_t{2} << 30) + bytes);
    if (path != "-") limits.readable.push_back(path);
  }
  return limits;
}

}  // namespace

ConfinedChild::ConfinedChild(const SandboxLimits& limits,
                             const std::function<void(int channel)>& body)
    : file_(limits.readable.empty() ? "" : limits.readable.front()) {
  const int kept = limits.readable.empty() ? -1 : descriptor_of(limits.readable.front());
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw ResourceError("cannot make a channel to a child: " + system_reason(errno), file_,
                        file_handle_hint(errno));
  process_ = ::fork();
  if (process_ < 0) {
    const int reason = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    throw ResourceError("cannot start a child: " + system_reason(reason));
  }
  if (process_ == 0) {
    try {
      prepare_child(ends[1], kept);
      confine_this_process(limits);
    } catch (const ResourceError&) {  // the channel speaks the language of body()
      ::_exit(kLackedHandles);
    }
    try {
      body(ends[1]);
    } catch (...) {  // NOLINT: there is nobody to tell; the parent sees the channel close
      ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  channel_ = ends[0];
}

ConfinedChild::~ConfinedChild() {
  ::close(channel_);
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
}

std::string ConfinedChild::reason_of_end() {
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(process_, &status, 0)) < 0 && errno == EINTR) continue;
  process_ = -1;
  if (ended >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == kLackedHandles)
    check_file_handles(EMFILE, file_.empty() ? kNowhere : file_);
  if (ended < 0 || !WIFSIGNALED(status)) return "ended without a word";
  const int number = WTERMSIG(status);
  if (number == SIGXCPU || number == SIGKILL) return "took too much time or memory";
  const char* name = ::sigabbrev_np(number);
  return "crashed (" + (name != nullptr ? "SIG" + std::string(name) : std::to_string(number)) + ")";
}

void parse_confined(const std::string& what, const SandboxLimits& limits,
                    const std::function<void()>& parse) {
  ConfinedChild child(limits, [&](int channel) {
    const Outcome outcome = outcome_of(parse);
    send_bytes(channel, &outcome.kind, 1);
    for (const std::string* text : {&outcome.what, &outcome.where, &outcome.hint})
      send_text(channel, *text);
  });
  Outcome outcome;
  const bool complete = receive_bytes(child.channel(), &outcome.kind, 1) &&
                        receive_text(child.channel(), &outcome.what) &&
                        receive_text(child.channel(), &outcome.where) &&
                        receive_text(child.channel(), &outcome.hint);
  check_interrupt();
  if (complete && outcome.kind == 'k') return;
  if (complete) throw_outcome(outcome, what, limits);
  throw DataError("the process that was to read it " + child.reason_of_end(), what,
                  "it is damaged, or made to do harm");
}

void check_file_in_child(const std::string& path, const std::string& where,
                         const std::string& aspect, const std::function<void()>& check) {
  if (!needs_check(path, aspect)) return;
  parse_confined(where, limits_for({path}), check);
  checked_files().note(path, aspect);
}

void check_files_in_child(const std::vector<std::string>& paths, const std::string& aspect,
                          const std::function<void(const std::string& path)>& check) {
  std::vector<std::string> open;
  for (const std::string& path : paths)
    if (path != "-" && needs_check(path, aspect)) open.push_back(path);
  if (open.size() < 2) return;
  try {
    parse_confined("", limits_for(open), [&] {
      for (const std::string& path : open) check(path);
    });
  } catch (const DataError&) {
    return;
  }
  for (const std::string& path : open) checked_files().note(path, aspect);
}

bool send_bytes(int channel, const void* data, size_t size) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t sent = ::send(channel, next, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    next += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool receive_bytes(int channel, void* data, size_t size, int timeout_s) {
  char* next = static_cast<char*>(data);
  while (size > 0) {
    struct pollfd ready {
      channel, POLLIN, 0
    };
    const int count = ::poll(&ready, 1, timeout_s < 0 ? -1 : timeout_s * 1000);
    if (count < 0 && errno == EINTR && pending_signal() == 0) continue;
    if (count <= 0) return false;
    const ssize_t got = ::recv(channel, next, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    next += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

}  // namespace mae
