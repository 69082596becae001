// log.jsonl of a training run: one JSON object a line, with its optimizer step under "step".
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mae {

/// Appends lines. A resumed run's log equals an uninterrupted one's (as far as its values do).
class RunLog {
 public:
  /// path          log.jsonl
  /// resume_after  the last step whose line stays: the file is cut before the first line with a
  /// later step, and before a line
  ///               that a crash left half-written. Without it the log starts empty.
  /// throws ResourceError  cannot be written    DataError  `path` is not a regular file
  explicit RunLog(std::string path, std::optional<int64_t> resume_after = std::nullopt);
  ~RunLog();
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  /// Writes one line in one piece. Numbers that are not finite become null. Throws ResourceError
  /// (disk full).
  void append(const nlohmann::ordered_json& entry);

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// All lines; a half-written last one is left out.
/// throws DataError  missing, or a line is not a JSON object (named by its number)
std::vector<nlohmann::ordered_json> read_run_log(const std::string& path);

/// The points (x, y) of the lines that have both keys, for a chart; null becomes not a number.
std::vector<std::array<double, 2>> log_points(const std::vector<nlohmann::ordered_json>& log,
                                              const std::string& x_key, const std::string& y_key);

}  // namespace mae
