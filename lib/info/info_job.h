// mae-info: what files are, where they come from, and whether they are whole.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mae/base/progress.h"

namespace mae {

struct InfoJob {
  std::vector<std::string> inputs;  ///< shards, checkpoints, run folders, folders of shards
  /// What to print; a description unless one of the others is asked for.
  enum class Question { kDescribe, kHistory, kTensors, kCheck, kIndex, kJoin };
  Question question = Question::kDescribe;
  bool with_sha256 = false;  ///< kIndex: with a SHA-256 of each shard, which tells forgery, too
  bool as_json = false;  ///< one JSON object a line (a file, a tensor or a check) instead of text
};

/// Answers file by file; `print` gets the text as it comes.
/// throws DataError     an input is missing or damaged (with kCheck: after all were looked at, and
/// only for missing ones)
///        PartialError  kCheck: a file is not whole
void run_info_job(const InfoJob& job, const std::function<void(const std::string&)>& print,
                  Progress& progress);

}  // namespace mae
