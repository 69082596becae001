// Reads with pread, not through a mapping: a file cut short on a network disk is then an error
// instead of a SIGBUS.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "mae/base/confined_child.h"
#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/input_policy.h"
#include "mae/io/json_text.h"
#include "mae/io/safetensors_file.h"
#include "mae/io/safetensors_header.h"

namespace mae {
namespace {

constexpr int64_t kLengthBytes = 8;
constexpr int64_t kMaxHeaderBytes = 100'000'000;  // the limit of the published implementation

std::string read_header_text(const InputFile& file) {
  unsigned char length_bytes[kLengthBytes];
  if (file.size() < kLengthBytes)
    throw DataError("is no safetensors file: it has " + std::to_string(file.size()) + " bytes",
                    file.path());
  file.read_exactly(0, length_bytes, sizeof(length_bytes));
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | length_bytes[i];
  if (length > static_cast<uint64_t>(std::min(kMaxHeaderBytes, file.size() - kLengthBytes))) {
    throw DataError("is truncated or no safetensors file: its header would have " +
                        std::to_string(length) + " bytes",
                    file.path(), "mae-info tells what a file is");
  }
  std::string text(length, '\0');
  file.read_exactly(kLengthBytes, text.data(), text.size());
  return text;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) : file_(path) {
  // This reader is small and fuzzed; a second pair of eyes is for those who ask.
  if (input_policy().untrusted)
    check_file_in_child(path, path, "tensors", [&] { SafetensorsFile(path).verify(); });
  const std::string text = read_header_text(file_);
  const int64_t data_start = kLengthBytes + static_cast<int64_t>(text.size());
  safetensors::Header header = safetensors::parse_header(text, file_.size() - data_start, path);
  entries_ = std::move(header.entries);
  metadata_ = std::move(header.metadata);
  take_digests();
  for (auto& [name, entry] : entries_) entry.offset += data_start;
}

void SafetensorsFile::read(const std::string& name, void* out) const {
  const Entry& tensor = entry(name);
  file_.read_exactly(tensor.offset, out, static_cast<size_t>(tensor.bytes));
  const auto digest = digests_.find(name);
  if (digest != digests_.end() &&
      digest->second != digest_of(out, static_cast<size_t>(tensor.bytes))) {
    throw DataError("tensor " + name + " is damaged: its digest does not match", path(),
                    "copy the file again");
  }
}

void SafetensorsFile::verify() const {
  std::vector<char> buffer;
  for (const auto& [name, tensor] : entries_) {
    buffer.resize(static_cast<size_t>(tensor.bytes));
    read(name, buffer.data());
  }
}

const SafetensorsFile::Entry& SafetensorsFile::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw DataError("has no tensor " + name, path());
  return found->second;
}

// The digests were made over the header as it is without them, which is written again here for
// comparison.
void SafetensorsFile::take_digests() {
  const auto found = metadata_.find(safetensors::kDigestsKey);
  if (found == metadata_.end()) return;
  const std::string where = path() + ": metadata " + safetensors::kDigestsKey;
  const nlohmann::json digests = parse_json(found->second, where);
  metadata_.erase(found);
  if (!digests.is_object()) throw DataError("is not a JSON object", where);
  for (const auto& [name, digest] : digests.items()) {
    if (!digest.is_string()) throw DataError("has no text for " + name, where);
    digests_[name] = digest.get<std::string>();
  }
  const std::string header = safetensors::header_text({entries_, metadata_});
  const bool all_there = std::all_of(entries_.begin(), entries_.end(), [&](const auto& item) {
    return digests_.count(item.first) > 0;
  });
  if (!all_there || digests_[""] != digest_of(header.data(), header.size())) {
    throw DataError("is damaged: the digest of its header does not match", path(),
                    "copy the file again");
  }
}

}  // namespace mae
