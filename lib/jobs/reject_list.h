// Pictures that were skipped under --on-error skip, collected for --rejects.
#pragma once

#include <string>
#include <vector>

#include "mae/jobs/inference.h"

namespace mae {

class RejectList {
 public:
  /// path  of the file to write; empty: only counted
  explicit RejectList(std::string path) : path_(std::move(path)) {}
  void add(const std::vector<Reject>& rejects);
  /// Writes "path<TAB>reason" lines, also when there are none, and returns their number.
  int64_t write() const;

 private:
  std::string path_;
  std::vector<Reject> rejects_;
};

}  // namespace mae
