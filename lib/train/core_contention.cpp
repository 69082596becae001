#include "mae/train/core_contention.h"

#include <dirent.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace mae {
namespace {

constexpr double kContention = 0.1;  // of the time in which threads could have run
constexpr int kPatience = 2;         // looks: a batch that is prepared is over sooner

}  // namespace

std::optional<SchedulerTimes> scheduler_times() {
  DIR* tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return std::nullopt;
  SchedulerTimes sum;
  bool found = false;
  while (const dirent* task = readdir(tasks)) {
    const std::string path = std::string("/proc/self/task/") + task->d_name + "/schedstat";
    std::FILE* file = task->d_name[0] == '.' ? nullptr : std::fopen(path.c_str(), "re");
    if (file == nullptr) continue;
    unsigned long long ran = 0, waited = 0;
    if (std::fscanf(file, "%llu %llu", &ran, &waited) == 2) {
      sum.ran += ran;
      sum.waited += waited;
      found = true;
    }
    std::fclose(file);
  }
  closedir(tasks);
  if (!found) return std::nullopt;
  return sum;
}

bool SpinPermit::look(const SchedulerTimes& times) {
  // Threads that ended took their times with them.
  const bool comparable = has_last_ && times.ran >= last_.ran && times.waited >= last_.waited;
  const auto ran = static_cast<double>(times.ran - last_.ran);
  const auto waited = static_cast<double>(times.waited - last_.waited);
  last_ = times;
  has_last_ = true;
  if (asleep_ > 0) return --asleep_ == 0;
  if (!comparable) return true;
  if (waited <= kContention * (ran + waited)) {
    contended_ = 0;
    if (++calm_ > sleep_) sleep_ = kShortestSleep;
    return true;
  }
  calm_ = 0;
  if (++contended_ < kPatience) return true;
  contended_ = 0;
  asleep_ = sleep_;
  sleep_ = std::min(2 * sleep_, kLongestSleep);
  return false;
}

}  // namespace mae
