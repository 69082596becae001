// Writes the curves of a training run where TensorBoard finds them.
#pragma once

#include <cstdint>
#include <string>

namespace mae {

/// One event file, new for each process as TensorBoard expects:
/// `events.out.tfevents.SECONDS.HOST.PID.N`.
class TensorboardWriter {
 public:
  /// folder      made when missing
  /// first_step  of this process: points of earlier files from this step on are no longer shown, so
  /// that a resumed run's
  ///             curves look like an uninterrupted one's
  /// throws ResourceError  the file cannot be written
  explicit TensorboardWriter(const std::string& folder, int64_t first_step = 0);
  ~TensorboardWriter();
  TensorboardWriter(const TensorboardWriter&) = delete;
  TensorboardWriter& operator=(const TensorboardWriter&) = delete;

  /// One point of one curve; readable by TensorBoard when the call returns. Throws ResourceError
  /// (disk full).
  void add_scalar(const std::string& tag, double value, int64_t step);

  const std::string& path() const { return path_; }

 private:
  void append(const std::string& record);
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace mae
