#include "mae/info/history.h"

#include "mae/base/error.h"

namespace mae {
namespace {

constexpr size_t kMostInputs = 20;  // a run over a folder of pictures may record many

std::string text_field(const nlohmann::json& object, const char* key);
const nlohmann::json& list_field(const nlohmann::json& object, const char* key);
// As a shell would take it: quoted where it has to be.
std::string shell_word(const nlohmann::json& word);

}  // namespace

std::string history_text(const nlohmann::json& provenance, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  if (!provenance.is_object()) return margin + "no provenance is recorded\n";
  std::string text =
      margin + text_field(provenance, "program") + " " + text_field(provenance, "version");
  for (const auto& argument : list_field(provenance, "arguments"))
    text += " " + shell_word(argument);
  text += "\n";
  size_t shown = 0;
  const nlohmann::json& inputs = list_field(provenance, "inputs");
  for (const auto& input : inputs) {
    if (++shown > kMostInputs) {
      text += margin + "  ... " + std::to_string(inputs.size() - kMostInputs) + " more inputs\n";
      break;
    }
    text +=
        margin + "  input " + text_field(input, "name") + " " + text_field(input, "digest") + "\n";
  }
  for (const auto& parent : list_field(provenance, "parents"))
    text += history_text(parent, indent + 2);
  return text;
}

namespace {

std::string text_field(const nlohmann::json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object.at(key).is_string()) return "?";
  return printable(object.at(key).get<std::string>());
}

const nlohmann::json& list_field(const nlohmann::json& object, const char* key) {
  static const nlohmann::json kNone = nlohmann::json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

std::string shell_word(const nlohmann::json& word) {
  if (!word.is_string()) return "?";
  const std::string text = printable(word.get<std::string>());
  const bool is_plain =
      !text.empty() &&
      text.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%") ==
          std::string::npos;
  if (is_plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace
}  // namespace mae
