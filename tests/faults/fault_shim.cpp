// Preloaded into a tool (LD_PRELOAD), makes the Nth call that touches a file of the test fail, come
// up short, or end the process. Only calls of the tool's own process on files below MAE_FAULT_ROOT
// count, so that loading the program and its libraries is left alone. Settings, all of them
// environment variables:
//   MAE_FAULT_ROOT    absolute folder; relative paths count as below it
//   MAE_FAULT_CALLS   which calls count: any of write,sync,rename,open,close,truncate,mkdir,read
//   MAE_FAULT_AT      number of the first call that is hit, from 1; 0: none, calls are only listed
//   MAE_FAULT_TIMES   how many calls from there on are hit; 0: all
//   MAE_FAULT_EFFECT  an errno as a number, or short, kill, kill-after, int, term, term-twice
//   MAE_FAULT_REPORT  file that gets a line "CALL PATH" for every call that was hit (or listed)
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

enum Effect { kNothing, kFail, kShort, kKill, kKillAfter, kInterrupt, kTerminate, kTerminateTwice };

struct Plan {
  std::string root, calls, report;
  long at = 0, times = 1;
  Effect effect = kNothing;
  int error_number = 0;
  pid_t process = ::getpid();  // a confined child could not report what was done to it
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Plan read_plan() {
  Plan plan;
  plan.root = variable("MAE_FAULT_ROOT");
  plan.calls = "," + variable("MAE_FAULT_CALLS") + ",";
  plan.report = variable("MAE_FAULT_REPORT");
  plan.at = std::atol(variable("MAE_FAULT_AT").c_str());
  plan.times = std::atol(variable("MAE_FAULT_TIMES").c_str());
  const std::string effect = variable("MAE_FAULT_EFFECT");
  plan.effect = effect == "short"        ? kShort
                : effect == "kill"       ? kKill
                : effect == "kill-after" ? kKillAfter
                : effect == "int"        ? kInterrupt
                : effect == "term"       ? kTerminate
                : effect == "term-twice" ? kTerminateTwice
                                         : kFail;
  plan.error_number = std::atoi(effect.c_str());
  return plan;
}

const Plan& plan() {
  static const Plan the_plan = read_plan();
  return the_plan;
}

std::atomic<long> calls_so_far{0};

bool counts(const char* call) {
  return !plan().root.empty() && plan().process == ::getpid() &&
         plan().calls.find("," + std::string(call) + ",") != std::string::npos;
}

void report(const char* call, const std::string& path) {
  if (plan().report.empty()) return;
  const long file = syscall(SYS_openat, AT_FDCWD, plan().report.c_str(),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const std::string line = std::string(call) + " " + path + "\n";
  syscall(SYS_write, file, line.data(), line.size());
  syscall(SYS_close, file);
}

/// What is to happen to a call on `path`; counts it. Signals to the own process are sent here.
Effect effect_on(const char* call, const std::string& path) {
  if (path.rfind(plan().root + "/", 0) != 0) return kNothing;
  const long number = ++calls_so_far;
  const bool is_hit = plan().at > 0 && number >= plan().at &&
                      (plan().times == 0 || number < plan().at + plan().times);
  if (!is_hit && plan().at > 0) return kNothing;
  report(call, path);
  if (!is_hit) return kNothing;
  switch (plan().effect) {
    case kKill:
      ::kill(::getpid(), SIGKILL);
      break;
    case kInterrupt:
      ::kill(::getpid(), SIGINT);
      break;
    case kTerminateTwice:
      ::kill(::getpid(), SIGTERM);
      ::kill(::getpid(), SIGTERM);
      break;
    case kTerminate:
      ::kill(::getpid(), SIGTERM);
      break;
    default:
      return plan().effect;
  }
  return kNothing;
}

Effect effect_on_descriptor(const char* call, int descriptor) {
  if (!counts(call)) return kNothing;
  const int before = errno;
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const long size = syscall(SYS_readlinkat, AT_FDCWD, link.c_str(), path, sizeof(path));
  errno = before;
  if (size <= 0) return kNothing;
  return effect_on(call, std::string(path, static_cast<size_t>(size)));
}

Effect effect_on_path(const char* call, const char* path) {
  if (!counts(call) || path == nullptr || *path == '\0') return kNothing;
  return effect_on(call, *path == '/' ? std::string(path) : plan().root + "/" + path);
}

/// Carries out a call, or does not, as its effect says.
template <typename Result, typename Call>
Result carry_out(Effect effect, Call call) {
  if (effect == kFail) {
    errno = plan().error_number;
    return -1;
  }
  const auto result = static_cast<Result>(call());
  if (effect == kKillAfter) ::kill(::getpid(), SIGKILL);
  return result;
}

size_t size_for(Effect effect, size_t size) {
  return effect == kShort && size > 1 ? size / 2 : size;
}

int open_file(int folder, const char* path, int flags, mode_t mode) {
  return carry_out<int>(effect_on_path("open", path),
                        [&] { return syscall(SYS_openat, folder, path, flags, mode); });
}

mode_t mode_argument(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

// These definitions stand before those of the C library, for all libraries of the program.
extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t size) {
  const Effect effect = effect_on_descriptor("write", descriptor);
  return carry_out<ssize_t>(
      effect, [&] { return syscall(SYS_write, descriptor, bytes, size_for(effect, size)); });
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  const Effect effect = effect_on_descriptor("write", descriptor);
  return carry_out<ssize_t>(effect, [&] {
    return syscall(SYS_pwrite64, descriptor, bytes, size_for(effect, size), offset);
  });
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  return pwrite64(descriptor, bytes, size, offset);
}

ssize_t read(int descriptor, void* bytes, size_t size) {
  const Effect effect = effect_on_descriptor("read", descriptor);
  return carry_out<ssize_t>(
      effect, [&] { return syscall(SYS_read, descriptor, bytes, size_for(effect, size)); });
}
ssize_t pread64(int descriptor, void* bytes, size_t size, off64_t offset) {
  const Effect effect = effect_on_descriptor("read", descriptor);
  return carry_out<ssize_t>(effect, [&] {
    return syscall(SYS_pread64, descriptor, bytes, size_for(effect, size), offset);
  });
}
ssize_t pread(int descriptor, void* bytes, size_t size, off_t offset) {
  return pread64(descriptor, bytes, size, offset);
}

int fsync(int descriptor) {
  return carry_out<int>(effect_on_descriptor("sync", descriptor),
                        [&] { return syscall(SYS_fsync, descriptor); });
}
int fdatasync(int descriptor) {
  return carry_out<int>(effect_on_descriptor("sync", descriptor),
                        [&] { return syscall(SYS_fdatasync, descriptor); });
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  return carry_out<int>(effect_on_descriptor("truncate", descriptor),
                        [&] { return syscall(SYS_ftruncate, descriptor, size); });
}
int ftruncate(int descriptor, off_t size) noexcept { return ftruncate64(descriptor, size); }

int rename(const char* from, const char* to) noexcept {
  return carry_out<int>(effect_on_path("rename", to),
                        [&] { return syscall(SYS_rename, from, to); });
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  return carry_out<int>(effect_on_path("rename", to), [&] {
    return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  });
}

int mkdir(const char* path, mode_t mode) noexcept {
  return carry_out<int>(effect_on_path("mkdir", path),
                        [&] { return syscall(SYS_mkdirat, AT_FDCWD, path, mode); });
}

// The descriptor is gone whatever close() says, as on Linux.
int close(int descriptor) {
  const Effect effect = effect_on_descriptor("close", descriptor);
  const auto result = static_cast<int>(syscall(SYS_close, descriptor));
  return carry_out<int>(effect, [&] { return result; });
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_file(folder, path, flags, mode);
}
}
