// Appends event records to a file of this process.
#include "mae/report/tensorboard_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "mae/base/atomic_file.h"
#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/report/append_file.h"
#include "mae/report/tensorboard_events.h"

namespace mae {
namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string event_file_name() {
  static std::atomic<int> files{0};
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) std::strcpy(host.data(), "localhost");
  // Ten digits of seconds: TensorBoard reads the files of a folder in the order of their names.
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%010lld", static_cast<long long>(now_s()));
  return std::string("events.out.tfevents.") + seconds.data() + "." + host.data() + "." +
         std::to_string(getpid()) + "." + std::to_string(files++);
}

}  // namespace

TensorboardWriter::TensorboardWriter(const std::string& folder, int64_t first_step) {
  make_directories(folder);
  path_ = folder + "/" + event_file_name();
  descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    throw ResourceError(std::string("cannot create: ") + std::strerror(errno), path_,
                        file_handle_hint(errno));
  const EventTime time{first_step, now_s()};
  append(tfrecord(version_event({0, time.wall_time_s})) + tfrecord(session_start_event(time)));
}

TensorboardWriter::~TensorboardWriter() {
  if (descriptor_ >= 0) close(descriptor_);
}

void TensorboardWriter::add_scalar(const std::string& tag, double value, int64_t step) {
  append(tfrecord(scalar_event({step, now_s()}, tag, static_cast<float>(value))));
}

void TensorboardWriter::append(const std::string& record) {
  append_bytes(descriptor_, record, path_);
}

}  // namespace mae
