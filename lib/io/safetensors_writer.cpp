// The container itself has no checksum, so the metadata carries digests; other readers ignore them.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/io/safetensors_file.h"
#include "mae/io/safetensors_header.h"

namespace mae {
namespace {

std::string length_prefix(uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes;
}

// Names in the order of their data: larger elements first, so that every tensor is aligned without
// padding.
std::vector<std::string> data_order(const std::map<std::string, TensorView>& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return element_size(tensors.at(a).type) > element_size(tensors.at(b).type);
  });
  return names;
}

int64_t byte_size(const TensorView& tensor, const std::string& name) {
  return element_count(tensor.shape, name) * element_size(tensor.type);
}

}  // namespace

void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata, Overwrite overwrite) {
  AtomicFile file(path, overwrite);
  const std::vector<std::string> names = data_order(tensors);
  safetensors::Header header;
  nlohmann::json digests = nlohmann::json::object();
  int64_t offset = 0;
  for (const std::string& name : names) {
    const TensorView& tensor = tensors.at(name);
    if (name.empty() || name == "__metadata__")
      throw std::logic_error("\"" + name + "\" cannot name a tensor");
    const int64_t bytes = byte_size(tensor, name);
    header.entries[name] = {tensor.type, tensor.shape, offset, bytes};
    digests[name] = digest_of(tensor.data, static_cast<size_t>(bytes));
    offset += bytes;
  }
  header.metadata = metadata;
  const std::string bare = safetensors::header_text(header);
  digests[""] = digest_of(bare.data(), bare.size());
  header.metadata[safetensors::kDigestsKey] = digests.dump();
  const std::string text = safetensors::header_text(header);
  Digest written;
  const auto write = [&](std::string_view bytes) {
    file.write(bytes);
    written.update(bytes.data(), bytes.size());
  };
  write(length_prefix(text.size()));
  write(text);
  for (const std::string& name : names) {
    write({static_cast<const char*>(tensors.at(name).data),
           static_cast<size_t>(header.entries[name].bytes)});
  }
  if (digest_of_file(file.temporary_path()) != written.text())
    throw ResourceError("is not what was written when it is read back", path,
                        "the disk may be failing");
  file.commit();
}

}  // namespace mae
