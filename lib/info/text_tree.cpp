#include "mae/info/text_tree.h"

#include <algorithm>

#include "mae/base/error.h"

namespace mae {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostListed = 12;    // values of a list that are shown
constexpr size_t kLongestText = 200;  // bytes of a text that are shown
constexpr int kDeepest = 32;

std::string object_lines(const Json& object, int indent);
std::string scalar_text(const Json& value);
std::string list_text(const Json& list);
std::string shape_words(const Json& shape);
// {"type": "uint8", "shape": [2, 4], ...} is one line.
bool is_dataset(const Json& value);
std::string dataset_lines(const std::string& name, const Json& dataset, int indent, size_t width);
bool has_children(const Json& value);
std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}
std::string blanks(int count) { return std::string(static_cast<size_t>(count), ' '); }

}  // namespace

std::string description_text(const Json& description) {
  std::string text = printable(description.value("file", "")) + "\n";
  Json rest = description;
  rest.erase("file");
  const Json shards = rest.contains("shards") ? rest.at("shards") : Json::array();
  rest.erase("shards");
  text += object_lines(rest, 2);
  for (const Json& shard : shards) text += "\n" + description_text(shard);
  return text;
}

namespace {

std::string object_lines(const Json& object, int indent) {
  if (indent > 2 * kDeepest) return blanks(indent) + "...\n";
  size_t width = 0;
  for (const auto& [key, value] : object.items()) {
    if (is_dataset(value) || !has_children(value)) width = std::max(width, printable(key).size());
  }
  std::string text;
  for (const auto& [key, value] : object.items()) {
    const std::string name = printable(key);
    if (is_dataset(value)) {
      text += dataset_lines(name, value, indent, width);
    } else if (has_children(value)) {
      text += blanks(indent) + name + "\n" + object_lines(value, indent + 2);
    } else {
      text += padded(blanks(indent) + name, static_cast<size_t>(indent) + width + 2) +
              (value.is_array() ? list_text(value) : scalar_text(value)) + "\n";
    }
  }
  return text;
}

std::string dataset_lines(const std::string& name, const Json& dataset, int indent, size_t width) {
  std::string text = padded(blanks(indent) + name, static_cast<size_t>(indent) + width + 2) +
                     scalar_text(dataset.at("type")) + " " + shape_words(dataset.at("shape"));
  if (dataset.contains("dimensions")) text += "  (" + list_text(dataset.at("dimensions")) + ")";
  text += "\n";
  if (dataset.contains("attributes")) text += object_lines(dataset.at("attributes"), indent + 2);
  return text;
}

std::string scalar_text(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  std::string text = value.is_string() ? printable(value.get<std::string>())
                                       : value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kLongestText) text = text.substr(0, kLongestText) + "...";
  return text;
}

std::string list_text(const Json& list) {
  if (list.empty()) return "none";
  std::string text;
  for (size_t i = 0; i < std::min(list.size(), kMostListed); ++i) {
    text += (i == 0 ? "" : ", ") + scalar_text(list[i]);
  }
  if (list.size() > kMostListed) text += ", ... (" + std::to_string(list.size()) + " in all)";
  return text;
}

std::string shape_words(const Json& shape) {
  std::string text;
  for (const Json& size : shape) text += (text.empty() ? "" : " x ") + scalar_text(size);
  return text;
}

bool is_dataset(const Json& value) {
  return value.is_object() && value.contains("type") && value.contains("shape") &&
         value.at("shape").is_array();
}

bool has_children(const Json& value) { return value.is_object() && !value.empty(); }

}  // namespace
}  // namespace mae
