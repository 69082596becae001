#include "mae/info/info_job.h"

#include <nlohmann/json.hpp>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/info/describe.h"
#include "mae/info/file_check.h"
#include "mae/info/history.h"
#include "mae/info/join_set.h"
#include "mae/info/text_tree.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_set.h"
#include "mae/io/tensor_type.h"

namespace mae {
namespace {

using Json = nlohmann::ordered_json;

std::string json_line(const Json& value);
std::string history(const std::string& path, bool as_json);
std::string tensors(const std::string& path, bool as_json);
std::string check_line(const FileCheck& check, bool as_json);
std::string join_line(const JoinedSet& joined, bool as_json);
void run_checks(const InfoJob& job, const std::function<void(const std::string&)>& print,
                Progress& progress);

}  // namespace

void run_info_job(const InfoJob& job, const std::function<void(const std::string&)>& print,
                  Progress& progress) {
  if (job.question == InfoJob::Question::kCheck) {
    run_checks(job, print, progress);
    return;
  }
  if (job.question == InfoJob::Question::kIndex) {
    // Not expand_shards(): an index of former shards must not stand in the way of a new one.
    std::vector<std::string> shards;
    for (const std::string& path : job.inputs)
      for (const std::string& shard : list_shards(path)) shards.push_back(shard);
    print(shard_index_text(shards, job.with_sha256));
    return;
  }
  if (job.question == InfoJob::Question::kJoin) {
    for (const std::string& set : job.inputs) print(join_line(join_set(set), job.as_json));
    return;
  }
  bool is_first = true;
  for (const std::string& path : job.inputs) {
    check_interrupt();
    std::string text;
    if (job.question == InfoJob::Question::kHistory) {
      text = history(path, job.as_json);
    } else if (job.question == InfoJob::Question::kTensors) {
      text = tensors(path, job.as_json);
      if (is_first && !job.as_json) text = "file\tname\ttype\tshape\n" + text;
    } else {
      const Json description = describe(path);
      text = job.as_json ? json_line(description)
                         : (is_first ? "" : "\n") + description_text(description);
    }
    print(text);
    is_first = false;
  }
}

namespace {

std::string json_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string history(const std::string& path, bool as_json) {
  const nlohmann::json provenance = provenance_of_file(path);
  if (as_json) return json_line({{"file", path}, {"provenance", provenance}});
  return printable(path) + "\n" + history_text(provenance, 2);
}

std::string tensors(const std::string& path, bool as_json) {
  std::string text;
  for (const TensorRow& row : list_tensors(path)) {
    if (as_json) {
      text += json_line(
          {{"file", row.file}, {"name", row.name}, {"type", row.type}, {"shape", row.shape}});
    } else {
      text += printable(row.file) + "\t" + printable(row.name) + "\t" + row.type + "\t" +
              shape_text(row.shape) + "\n";
    }
  }
  return text;
}

std::string check_line(const FileCheck& check, bool as_json) {
  if (as_json) {
    Json line = {{"file", check.path}, {"ok", check.is_ok()}};
    if (!check.is_ok()) line["reason"] = check.reason;
    return json_line(line);
  }
  return printable(check.path) + "\t" + (check.is_ok() ? "ok" : printable(check.reason)) + "\n";
}

std::string join_line(const JoinedSet& joined, bool as_json) {
  if (as_json)
    return json_line(
        {{"index", joined.index}, {"shards", joined.shards}, {"samples", joined.samples}});
  return printable(joined.index) + "\t" + std::to_string(joined.shards) + " shards\t" +
         std::to_string(joined.samples) + " samples\n";
}

void run_checks(const InfoJob& job, const std::function<void(const std::string&)>& print,
                Progress& progress) {
  int64_t total = 0, failed = 0, done = 0;
  std::string missing;
  progress.begin("check", static_cast<int64_t>(job.inputs.size()), "inputs");
  for (const std::string& path : job.inputs) {
    check_interrupt();
    for (const FileCheck& check : check_files(path)) {
      print(check_line(check, job.as_json));
      ++total;
      failed += check.is_ok() ? 0 : 1;
      if (check.is_missing && missing.empty()) missing = check.path;
    }
    progress.update(++done);
  }
  progress.end();
  if (!missing.empty()) throw DataError("no such file or folder", missing);
  if (failed > 0) {
    throw PartialError(
        std::to_string(failed) + " of " + std::to_string(total) + " files failed the check", "",
        "copy or make these files again");
  }
}

}  // namespace
}  // namespace mae
