// Signal handlers that only set a flag; the second signal cleans up and ends the process.
#include "mae/base/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

#include "mae/base/atomic_file.h"
#include "mae/base/error.h"

namespace mae {
namespace {

std::atomic<int> received{0};
std::atomic<bool> save_requested{false};

std::atomic<bool> merges_signals{false};
std::atomic<long> first_second{0};  // of the monotonic clock, when the first signal came

/// Safe in a handler.
long monotonic_second() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long>(now.tv_sec);
}

extern "C" void handle_signal(int signal_number) {
  int none = 0;
  if (received.compare_exchange_strong(none, signal_number)) {
    first_second = monotonic_second();
    return;
  }
  if (merges_signals && monotonic_second() - first_second <= 2) return;
  remove_temporary_files_now();
  ::_exit(128 + signal_number);
}

extern "C" void handle_save_request(int) { save_requested = true; }

void install(int signal_number, void (*handler)(int)) {
  struct sigaction old {};
  if (sigaction(signal_number, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // no SA_RESTART: a read that waits for a pipe must notice the first signal
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

void install_signal_handlers() {
  install(SIGINT, handle_signal);
  install(SIGTERM, handle_signal);
  install(SIGHUP, handle_signal);
  install(SIGUSR1, handle_save_request);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // past a limit on file sizes, writes then fail with EFBIG
}

void protect_standard_descriptors() {
  // Opened in the wrong direction, so that a use still fails instead of reading nothing or writing
  // nowhere.
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    const int opened = ::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != descriptor) ::close(opened);
  }
}

void merge_repeated_signals() { merges_signals = true; }

bool take_save_request() { return save_requested.exchange(false); }

int pending_signal() { return received.load(); }

void check_interrupt() {
  if (const int signal_number = pending_signal()) throw Interrupted(signal_number);
}

}  // namespace mae
