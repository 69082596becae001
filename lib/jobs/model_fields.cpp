// JSON first, then a list, then text.
#include "mae/jobs/model_fields.h"

#include "mae/base/error.h"

namespace mae {
namespace {

nlohmann::json value_of(const std::string& text) {
  for (const std::string& candidate : {text, "[" + text + "]"}) {
    const nlohmann::json value =
        nlohmann::json::parse(candidate, nullptr, /*allow_exceptions=*/false);
    if (!value.is_discarded() && !(value.is_array() && value.empty())) return value;
  }
  return text;
}

}  // namespace

nlohmann::json parse_model_fields(const std::vector<std::string>& words) {
  nlohmann::json fields = nlohmann::json::object();
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("expected FIELD=VALUE, got '" + word + "'", "--set");
    fields[word.substr(0, equals)] = value_of(word.substr(equals + 1));
  }
  return fields;
}

}  // namespace mae
