// Which kind of input the operands are; the datasets themselves are in shard_dataset and
// source_dataset.
#include "mae/data/sample_dataset.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/input_file.h"
#include "mae/base/log.h"
#include "mae/base/random_stream.h"
#include "mae/base/text.h"
#include "mae/data/adapted_dataset.h"
#include "mae/data/shard_dataset.h"
#include "mae/data/source_dataset.h"
#include "mae/io/shard_reader.h"
#include "mae/io/shard_set.h"

namespace mae {
namespace {

bool is_shard_operand(const std::string& path);

}  // namespace

TokenRow SampleDataset::text(int64_t index) const {
  throw DataError("has no caption", name(index), "make the shard with mae-patchify --vocab");
}

uint64_t SampleDataset::id(int64_t index) const { return sample_id(name(index)); }

std::vector<Image> SampleDataset::clips(int64_t index, const ClipPlan&) const {
  return {image(index)};
}

std::shared_ptr<SampleDataset> open_dataset(const std::vector<std::string>& operands,
                                            const DatasetOptions& options) {
  if (operands.empty()) throw UsageError("no inputs are given");
  const auto shards = std::count_if(operands.begin(), operands.end(), is_shard_operand);
  if (shards == 0) return open_source_dataset(operands, options);
  if (shards == static_cast<int64_t>(operands.size())) {
    if (options.exif_orientation) {
      log_warning(operands.front() +
                  ": the pictures of a shard keep the orientation they were cut with; "
                  "--exif-orientation belongs to mae-patchify");
    }
    return adapt_dataset(open_shard_dataset(expand_shards(operands), options), options.channels,
                         options.channels_policy);
  }
  const auto other = std::find_if_not(operands.begin(), operands.end(), is_shard_operand);
  throw UsageError("is not a shard while other inputs are", *other,
                   "make a shard of it first with mae-patchify");
}

namespace {

bool folder_holds_shards(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (!folder) check_file_handles(errno, path);
  if (!folder) return false;
  bool found = false;
  while (const dirent* entry = readdir(folder)) found = found || ends_with(entry->d_name, ".h5");
  closedir(folder);
  return found;
}

bool is_shard_operand(const std::string& path) {
  if (path == "-") return true;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return ends_with(path, ".h5");
  if (S_ISDIR(status.st_mode)) return folder_holds_shards(path);
  if (!S_ISREG(status.st_mode)) return false;
  if (ends_with(path, ".h5") || is_hdf5_file(path)) return true;
  const std::string mark = "# mae-shard-set";
  std::string head(mark.size(), '\0');
  head.resize(InputFile(path).read_some(0, head.data(), head.size()));
  return head == mark;
}

}  // namespace
}  // namespace mae
