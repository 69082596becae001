// Several processes of this very test program, started as a launcher would: each runs the test
// named Worker.Works with a task in its environment.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mae::test {

constexpr char kTaskVariable[] = "MAE_TEST_WORKER";

/// A port of the loopback that nobody listens on.
inline int free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

/// Starts rank `rank` of `size` with torchrun's variables. Its standard error is `log`, if given.
inline pid_t start_worker(int rank, int size, int port, const nlohmann::json& task,
                          const std::string& log = "/dev/null") {
  std::vector<std::string> variables = {"RANK=" + std::to_string(rank),
                                        "WORLD_SIZE=" + std::to_string(size),
                                        "LOCAL_RANK=" + std::to_string(rank),
                                        "LOCAL_WORLD_SIZE=" + std::to_string(size),
                                        "MASTER_ADDR=127.0.0.1",
                                        "MASTER_PORT=" + std::to_string(port),
                                        "OMP_NUM_THREADS=1",
                                        std::string(kTaskVariable) + "=" + task.dump()};
  std::vector<std::string> arguments = {"/proc/self/exe", "--gtest_filter=Worker.Works"};
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> made;
    for (std::string& text : texts) made.push_back(text.data());
    made.push_back(nullptr);
    return made;
  };
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, pointers(arguments).data(),
                        pointers(variables).data()),
            0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

/// Its exit code, or 128 + the signal that ended it.
inline int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Runs `size` workers to their end; all must succeed.
inline void run_workers(int size, const nlohmann::json& task) {
  const int port = free_port();
  std::vector<pid_t> workers;
  for (int rank = 0; rank < size; ++rank)
    workers.push_back(start_worker(
        rank, size, port, task, ::testing::TempDir() + "/worker" + std::to_string(rank) + ".log"));
  for (int rank = 0; rank < size; ++rank)
    EXPECT_EQ(wait_for(workers[static_cast<size_t>(rank)]), 0) << "rank " << rank;
}

}  // namespace mae::test
