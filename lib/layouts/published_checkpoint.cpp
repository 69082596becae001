#include "mae/layouts/published_checkpoint.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <set>

#include "mae/base/error.h"
#include "mae/base/text.h"
#include "mae/layouts/expected_tensors.h"
#include "mae/layouts/staged_config.h"

namespace mae {
namespace {

std::vector<std::string> names_of(const std::map<std::string, TensorInfo>& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, info] : tensors) names.push_back(name);
  return names;
}

bool allowed(const std::string& name, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
    return name.compare(0, prefix.size(), prefix) == 0;
  });
}

std::shared_ptr<void> allocate(int64_t bytes) {
  constexpr size_t kAlignment = 64;
  const size_t rounded = (static_cast<size_t>(bytes) / kAlignment + 1) * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, std::free};
}

// The labels of config.json in order; empty unless it has one for every class.
nlohmann::json class_names(const nlohmann::json& config_json, const nlohmann::json& config) {
  nlohmann::json names = nlohmann::json::array();
  if (!config_json.is_object() || !config_json.contains("id2label") ||
      !config_json["id2label"].is_object() || !config.contains("num_classes"))
    return names;
  const nlohmann::json& labels = config_json["id2label"];
  for (int64_t i = 0; i < config["num_classes"].get<int64_t>(); ++i) {
    const auto label = labels.find(std::to_string(i));
    if (label == labels.end() || !label->is_string()) return nlohmann::json::array();
    names.push_back(*label);
  }
  return names;
}

int64_t bytes_of(const TensorInfo& info, const std::string& where) {
  return element_count(info.shape, where) * element_size(info.type);
}

}  // namespace

std::string action_name(KeyAction action) {
  switch (action) {
    case KeyAction::kTaken:
      return "taken";
    case KeyAction::kRenamed:
      return "renamed";
    case KeyAction::kMerged:
      return "merged";
    case KeyAction::kSplit:
      return "split";
    case KeyAction::kMissing:
      return "missing";
    case KeyAction::kLeftOver:
      return "left over";
  }
  return {};
}

KeyAction action_of(const KeyMove& move) {
  if (move.from.empty()) return KeyAction::kMissing;
  if (move.to.empty()) return KeyAction::kLeftOver;
  if (move.from.size() > 1) return KeyAction::kMerged;
  if (move.to.size() > 1) return KeyAction::kSplit;
  return move.from == move.to ? KeyAction::kTaken : KeyAction::kRenamed;
}

PublishedCheckpoint::PublishedCheckpoint(const std::string& path, const ImportHints& hints)
    : path_(path), hints_(hints), weights_(open_weights(path, hints.key)) {
  map_names();
  if (std::optional<InferredConfig> staged =
          infer_staged_config(tensors_, weights_, hints_, path_)) {
    inferred_ = *std::move(staged);
    is_staged_ = true;
    take_all();
    refuse_mismatch();
    return;
  }
  inferred_ = infer_config(tensors_, weights_, hints_, path_);
  check_shapes();
  refuse_mismatch();
}

void PublishedCheckpoint::take_all() {
  for (const auto& [name, move] : moves_) records_.push_back({action_of(move), move.from, move.to});
  add_left_over();
}

/// Keys of the file that no tensor of ours was made from.
void PublishedCheckpoint::add_left_over() {
  std::set<std::string> used;
  for (const auto& [name, move] : moves_) used.insert(move.from.begin(), move.from.end());
  for (const auto& [name, info] : weights_.source->tensors()) {
    if (used.count(name) == 0) records_.push_back({KeyAction::kLeftOver, {name}, {}});
  }
}

void PublishedCheckpoint::map_names() {
  const std::vector<std::string> names = names_of(weights_.source->tensors());
  const NameStyle style = name_style(names, path_);
  const bool is_timm = style == NameStyle::kOfficial && weights_.container == "safetensors";
  layout_ = std::string(style == NameStyle::kHuggingFace ? "Hugging Face"
                        : is_timm                        ? "timm"
                                                         : "official") +
            " (" + weights_.container + ")";
  for (const KeyMove& move : moves_to_official(names, style)) {
    if (!moves_.emplace(move.to[0], move).second)
      throw DataError("has tensor " + printable(move.to[0]) + " in two spellings", path_);
    tensors_[move.to[0]] = merged_info(move);
  }
}

// Rows of the parts, one below the other.
TensorInfo PublishedCheckpoint::merged_info(const KeyMove& move) const {
  const auto& tensors = weights_.source->tensors();
  TensorInfo merged = tensors.at(move.from[0]);
  for (size_t i = 1; i < move.from.size(); ++i) {
    const TensorInfo& part = tensors.at(move.from[i]);
    if (part.type != merged.type || part.shape != tensors.at(move.from[0]).shape ||
        part.shape.empty() ||
        __builtin_add_overflow(merged.shape[0], part.shape[0], &merged.shape[0])) {
      throw DataError("tensor differs in type or shape from " + printable(move.from[0]),
                      path_ + ":" + printable(move.from[i]));
    }
  }
  return merged;
}

void PublishedCheckpoint::check_shapes() {
  const auto expected = expected_tensors(inferred_.config, path_);
  for (auto tensor = tensors_.begin(); tensor != tensors_.end();) {
    const auto found = expected.find(tensor->first);
    if (found == expected.end()) {  // of the right layout, but not of this model
      moves_.erase(tensor->first);
      tensor = tensors_.erase(tensor);
      continue;
    }
    if (found->second != tensor->second.shape)
      throw DataError("tensor has shape " + shape_text(tensor->second.shape) + "; expected " +
                          shape_text(found->second),
                      path_ + ":" + tensor->first);
    records_.push_back(
        {action_of(moves_[tensor->first]), moves_[tensor->first].from, moves_[tensor->first].to});
    ++tensor;
  }
  add_left_over();
  for (const auto& [name, shape] : expected) {
    if (tensors_.count(name) == 0) records_.push_back({KeyAction::kMissing, {}, {name}});
  }
}

void PublishedCheckpoint::refuse_mismatch() const {
  std::vector<std::string> missing, left_over;
  for (const KeyRecord& record : records_) {
    if (record.action == KeyAction::kMissing && !allowed(record.to[0], hints_.allow_missing))
      missing.push_back(record.to[0]);
    if (record.action == KeyAction::kLeftOver && !allowed(record.from[0], hints_.allow_extra))
      left_over.push_back(record.from[0]);
  }
  if (!missing.empty())
    throw DataError("the model's tensors are missing: " + join_names(missing), path_,
                    "mae-convert --allow-missing PREFIX starts them fresh");
  if (!left_over.empty())
    throw DataError("tensors the model does not have: " + join_names(left_over), path_,
                    "mae-convert --allow-extra PREFIX leaves them out");
}

nlohmann::json PublishedCheckpoint::extra() const {
  nlohmann::json extra = nlohmann::json::object();
  const nlohmann::json& rest = weights_.rest;
  if (rest.is_object() && rest.contains("mae.extra") && rest["mae.extra"].is_string()) {
    const nlohmann::json own = nlohmann::json::parse(rest["mae.extra"].get<std::string>(), nullptr,
                                                     /*allow_exceptions=*/false);
    if (own.is_object()) return own;
  }
  nlohmann::json imported = {{"layout", layout_}};
  for (const char* key : {"epoch", "args"}) {
    if (rest.is_object() && rest.contains(key)) imported[key] = rest[key];
  }
  extra["imported"] = imported;
  const nlohmann::json names = class_names(weights_.config, inferred_.config);
  if (!names.empty()) extra["class_names"] = names;
  return extra;
}

std::vector<std::string> PublishedCheckpoint::missing() const {
  std::vector<std::string> names;
  for (const KeyRecord& record : records_) {
    if (record.action == KeyAction::kMissing) names.push_back(record.to[0]);
  }
  return names;
}

LoadedTensor PublishedCheckpoint::read(const std::string& name) const {
  const TensorInfo& info = tensors_.at(name);
  LoadedTensor tensor{info.type, info.shape, nullptr, bytes_of(info, path_)};
  tensor.data = allocate(tensor.bytes);
  char* out = static_cast<char*>(tensor.data.get());
  for (const std::string& part : moves_.at(name).from) {
    weights_.source->read(part, out);
    out += bytes_of(weights_.source->tensors().at(part), path_);
  }
  return tensor;
}

}  // namespace mae
