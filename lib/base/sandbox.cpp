// The filters name what is taken away, not what is left: a codec that calls something harmless and
// new must go on working, while nothing that reaches the world outside may.
#include "mae/base/sandbox.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <ctime>

#include "mae/base/file_handles.h"
#include "mae/base/sanitized.h"

namespace mae {
namespace {

constexpr rlim_t kOpenFiles = 32;

void limit(__rlimit_resource resource, rlim_t value) {
  const struct rlimit both { value, value };
  ::setrlimit(resource, &both);
}

// Bytes of address space in use.
int64_t address_space() {
  constexpr char kSource[] = "/proc/self/statm";
  std::FILE* file = std::fopen(kSource, "re");
  if (file == nullptr) {
    check_file_handles(errno, kSource);
    return -1;
  }
  long pages = 0;
  const bool read = std::fscanf(file, "%ld", &pages) == 1;
  std::fclose(file);
  return read ? int64_t{pages} * ::sysconf(_SC_PAGESIZE) : -1;
}

void set_limits(const SandboxLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, kOpenFiles);
  allow_cpu_seconds(limits.cpu_seconds);
  if (kSanitized) return;  // sanitizers map terabytes that are never touched
  const int64_t used = address_space();
  if (used >= 0) limit(RLIMIT_AS, static_cast<rlim_t>(used + limits.memory_bytes));
}

int landlock_version() {
  return static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

void allow_reading(int ruleset, const std::string& path) {
  struct landlock_path_beneath_attr rule {};
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
  rule.parent_fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0) return check_file_handles(errno, path);  // else opening it fails in words
  ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  ::close(rule.parent_fd);
}

void restrict_files(const std::vector<std::string>& readable) {
  if (landlock_version() < 1) return;
  constexpr uint64_t kAllOfVersion1 = (uint64_t{1} << 13) - 1;
  struct landlock_ruleset_attr handled {};
  handled.handled_access_fs = kAllOfVersion1;
  // The size of the first version's struct: every kernel that has Landlock knows it.
  const int ruleset = static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled.handled_access_fs), 0));
  if (ruleset < 0) return check_file_handles(errno, "a set of rules for a child");
  for (const std::string& path : readable) allow_reading(ruleset, path);
  ::syscall(SYS_landlock_restrict_self, ruleset, 0);
  ::close(ruleset);
}

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;  // no filter
#endif

// Programs, processes and threads, connections, other processes' memory, the kernel's own doors.
constexpr uint32_t kForbidden[] = {SYS_execve,
                                   SYS_execveat,
#if defined(__x86_64__)
                                   SYS_fork,
                                   SYS_vfork,
#endif
                                   SYS_socket,
                                   SYS_connect,
                                   SYS_bind,
                                   SYS_listen,
                                   SYS_accept,
                                   SYS_accept4,
                                   SYS_ptrace,
                                   SYS_process_vm_readv,
                                   SYS_process_vm_writev,
                                   SYS_kill,
                                   SYS_tkill,
                                   SYS_pidfd_open,
                                   SYS_open_by_handle_at,
                                   SYS_mount,
                                   SYS_umount2,
                                   SYS_unshare,
                                   SYS_setns,
                                   SYS_bpf,
                                   SYS_perf_event_open,
                                   SYS_keyctl,
                                   SYS_add_key,
                                   SYS_request_key,
                                   SYS_userfaultfd,
                                   SYS_io_uring_setup,
                                   SYS_init_module,
                                   SYS_finit_module,
                                   SYS_kexec_load};

// Of clone3 the filter cannot see the flags; answered that there is no such call, libraries fall
// back on clone, of which it lets threads through.
void filter_processes(bool threads, std::vector<sock_filter>* program) {
  constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | 1;  // EPERM
  constexpr uint32_t kUnknown = SECCOMP_RET_ERRNO | ENOSYS;
  const auto add = [&](uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    program->push_back({code, if_true, if_false, value});
  };
  add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
  add(BPF_RET | BPF_K, threads ? kUnknown : kRefuse, 0, 0);
  if (!threads) {
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1);
    add(BPF_RET | BPF_K, kRefuse, 0, 0);
    return;
  }
  add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0]), 0, 0);
  add(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
  add(BPF_RET | BPF_K, kRefuse, 0, 0);
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

void filter_system_calls(bool threads) {
  if (kArchitecture == 0) return;
  constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | 1;  // EPERM
  std::vector<sock_filter> program;
  const auto add = [&](uint16_t code, uint32_t value, uint8_t if_true = 0, uint8_t if_false = 0) {
    program.push_back({code, if_true, if_false, value});
  };
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
  add(BPF_RET | BPF_K, kRefuse);  // another architecture's numbers mean other calls
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  constexpr uint32_t kX32Bit = 0x40000000;
  add(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1);
  add(BPF_RET | BPF_K, kRefuse);
#endif
  filter_processes(threads, &program);
  for (const uint32_t number : kForbidden) {
    add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    add(BPF_RET | BPF_K, kRefuse);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

}  // namespace

void confine_this_process(const SandboxLimits& limits) {
  set_limits(limits);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;  // the two below need it
  restrict_files(limits.readable);
  filter_system_calls(limits.threads);
}

void allow_cpu_seconds(int64_t seconds) {
  struct timespec used {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  struct rlimit cpu {};
  ::getrlimit(RLIMIT_CPU, &cpu);
  cpu.rlim_cur = static_cast<rlim_t>(used.tv_sec + seconds + 1);
  if (cpu.rlim_cur < cpu.rlim_max) ::setrlimit(RLIMIT_CPU, &cpu);
}

std::string sandbox_description() {
  const int landlock = landlock_version();
  const bool has_filters = kArchitecture != 0 && ::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
  return (landlock > 0 ? "Landlock " + std::to_string(landlock) : std::string("no Landlock")) +
         (has_filters ? ", seccomp" : ", no seccomp");
}

}  // namespace mae
