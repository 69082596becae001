#include "mae/layouts/tensor_source.h"

#include <sys/stat.h>

#include <set>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/text.h"
#include "mae/io/safetensors_file.h"
#include "mae/pth/torch_file.h"

namespace mae {
namespace {

constexpr int64_t kMaxJsonBytes = int64_t{16} << 20;
constexpr char kIndexSuffix[] = ".index.json";

class TorchSource : public TensorSource {
 public:
  TorchSource(const std::string& path, const std::string& key) : file_(path, key) {
    for (const auto& [name, entry] : file_.entries()) tensors_[name] = {entry.type, entry.shape};
  }
  const std::map<std::string, TensorInfo>& tensors() const override { return tensors_; }
  void read(const std::string& name, void* out) const override { file_.read(name, out); }
  const nlohmann::json& rest() const { return file_.rest(); }

 private:
  pth::TorchFile file_;
  std::map<std::string, TensorInfo> tensors_;
};

class SafetensorsSource : public TensorSource {
 public:
  explicit SafetensorsSource(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      files_.push_back(std::make_unique<SafetensorsFile>(path));
      for (const auto& [name, entry] : files_.back()->entries()) {
        if (!tensors_.emplace(name, TensorInfo{entry.type, entry.shape}).second)
          throw DataError("tensor " + printable(name) + " is in two files of the set", path);
        owner_[name] = files_.back().get();
      }
    }
  }
  const std::map<std::string, TensorInfo>& tensors() const override { return tensors_; }
  void read(const std::string& name, void* out) const override {
    const auto found = owner_.find(name);
    if (found == owner_.end()) throw DataError("has no tensor " + name, files_.front()->path());
    found->second->read(name, out);
  }
  const SafetensorsFile& first() const { return *files_.front(); }

 private:
  std::vector<std::unique_ptr<SafetensorsFile>> files_;
  std::map<std::string, const SafetensorsFile*> owner_;
  std::map<std::string, TensorInfo> tensors_;
};

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}
bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}
// "" for a name without a folder, else with its slash.
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

nlohmann::json read_json(const std::string& path) {
  const nlohmann::json json =
      nlohmann::json::parse(read_file(path, kMaxJsonBytes), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw DataError("is not a JSON object", path);
  return json;
}

nlohmann::json read_json_if_there(const std::string& path, std::vector<std::string>* files) {
  if (!exists(path)) return nullptr;
  files->push_back(path);
  return read_json(path);
}

// The files an index names, which must lie beside it.
std::vector<std::string> files_of_index(const std::string& path) {
  const nlohmann::json index = read_json(path);
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object() || map->empty())
    throw DataError("has no weight_map", path, "expected the index of a set of safetensors files");
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name.find('/') != std::string::npos || name == "..")
      throw DataError("places tensor " + printable(tensor) + " outside its own folder", path);
    names.insert(folder_of(path) + name);
  }
  return {names.begin(), names.end()};
}

// The weights of a folder, in the order of trust: safetensors before pickles.
std::string weights_in_folder(const std::string& folder) {
  const std::string base = folder + (folder.back() == '/' ? "" : "/");
  for (const char* name :
       {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"}) {
    if (exists(base + name)) return base + name;
  }
  return {};
}

}  // namespace

OpenedWeights open_weights(const std::string& path, const std::string& key) {
  std::string file = path;
  if (is_folder(path)) {
    file = weights_in_folder(path);
    if (file.empty())
      throw DataError("is a folder without model.safetensors, its index or pytorch_model.bin", path,
                      "name a checkpoint file");
  }
  OpenedWeights weights;
  weights.files.push_back(file);
  if (ends_with(file, kIndexSuffix)) {
    const std::vector<std::string> members = files_of_index(file);
    weights.files.insert(weights.files.end(), members.begin(), members.end());
    weights.source = std::make_unique<SafetensorsSource>(members);
    weights.container = "safetensors";
  } else if (pth::is_torch_file(file)) {
    auto source = std::make_unique<TorchSource>(file, key);
    weights.rest = source->rest();
    weights.source = std::move(source);
    weights.container = "pth";
  } else {
    auto source = std::make_unique<SafetensorsSource>(std::vector<std::string>{file});
    weights.metadata = source->first().metadata();
    weights.source = std::move(source);
    weights.container = "safetensors";
  }
  if (!key.empty() && weights.container != "pth")
    throw UsageError("only a .pth file holds several dictionaries", "--key");
  weights.config = read_json_if_there(folder_of(file) + "config.json", &weights.files);
  weights.preprocessor =
      read_json_if_there(folder_of(file) + "preprocessor_config.json", &weights.files);
  return weights;
}

nlohmann::json published_provenance(const OpenedWeights& weights) {
  constexpr char kKey[] = "mae.provenance";
  std::string text;
  if (weights.metadata.count(kKey) > 0) text = weights.metadata.at(kKey);
  if (weights.rest.is_object() && weights.rest.contains(kKey) && weights.rest[kKey].is_string())
    text = weights.rest[kKey].get<std::string>();
  if (text.empty()) return nullptr;
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    throw DataError(std::string(kKey) + " is not JSON", weights.files.front());
  return json;
}

bool is_published_checkpoint(const std::string& path) {
  if (is_folder(path)) return !weights_in_folder(path).empty();
  if (ends_with(path, kIndexSuffix) || pth::is_torch_file(path)) return true;
  const InputFile file(path);
  char head[9] = {};
  // A safetensors file starts with the length of its header and the header's brace.
  if (file.read_some(0, head, sizeof(head)) < sizeof(head) || head[8] != '{') return false;
  return SafetensorsFile(path).metadata().count("mae.config") == 0;
}

}  // namespace mae
