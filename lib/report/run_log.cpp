// JSON lines with a cut at resume.
#include "mae/report/run_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/input_file.h"
#include "mae/report/append_file.h"

namespace mae {
namespace {

using Json = nlohmann::ordered_json;

std::ifstream open_log(const std::string& path);
bool next_line(std::ifstream* file, std::string* line);
// A log that could not be read to its end would be cut there.
void check_reading(const std::ifstream& file, const std::string& path);
int64_t bytes_up_to(const std::string& path, int64_t last_step);

}  // namespace

RunLog::RunLog(std::string path, std::optional<int64_t> resume_after) : path_(std::move(path)) {
  struct stat status {};
  const bool exists = stat(path_.c_str(), &status) == 0;
  if (exists) check_regular_file(path_);
  const int64_t kept = exists && resume_after ? bytes_up_to(path_, *resume_after) : 0;
  descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    throw ResourceError(std::string("cannot open: ") + std::strerror(errno), path_,
                        file_handle_hint(errno));
  if (ftruncate(descriptor_, kept) != 0) {
    const std::string reason = std::strerror(errno);
    close(descriptor_);
    throw ResourceError("cannot shorten: " + reason, path_);
  }
}

RunLog::~RunLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RunLog::append(const Json& entry) {
  append_bytes(descriptor_, entry.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
               path_);
}

std::vector<Json> read_run_log(const std::string& path) {
  std::ifstream file = open_log(path);
  std::vector<Json> entries;
  std::string line;
  while (next_line(&file, &line)) {
    Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object()) {
      throw DataError("not a JSON object", path + ":" + std::to_string(entries.size() + 1));
    }
    entries.push_back(std::move(entry));
  }
  check_reading(file, path);
  return entries;
}

std::vector<std::array<double, 2>> log_points(const std::vector<Json>& log,
                                              const std::string& x_key, const std::string& y_key) {
  const auto number = [](const Json& value) {
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
  };
  std::vector<std::array<double, 2>> points;
  for (const Json& entry : log) {
    if (entry.contains(x_key) && entry.contains(y_key))
      points.push_back({number(entry[x_key]), number(entry[y_key])});
  }
  return points;
}

namespace {

std::ifstream open_log(const std::string& path) {
  check_regular_file(path);
  std::ifstream file(path, std::ios::binary);
  if (file.is_open()) return file;
  const int error_number = errno;
  check_file_handles(error_number, path);
  throw DataError("cannot be opened: " + system_reason(error_number), path);
}

void check_reading(const std::ifstream& file, const std::string& path) {
  if (file.bad()) throw DataError("cannot be read", path);
}

/// The next whole line; false at the end and for a last line without its line break.
bool next_line(std::ifstream* file, std::string* line) {
  return std::getline(*file, *line) && !file->eof();
}

/// Length of the part of the file to keep when training goes on after `last_step`.
int64_t bytes_up_to(const std::string& path, int64_t last_step) {
  std::ifstream file = open_log(path);
  std::string line;
  int64_t kept = 0;
  while (next_line(&file, &line)) {
    const Json entry = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object()) break;
    const auto step = entry.find("step");
    if (step != entry.end() && step->is_number() && step->get<int64_t>() > last_step) break;
    kept += static_cast<int64_t>(line.size()) + 1;
  }
  check_reading(file, path);
  return kept;
}

}  // namespace
}  // namespace mae
