// Fields of a model's configuration as a person writes them: depths=2,2,6,2.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mae {

/// "FIELD=VALUE" to a configuration. A value is JSON (4, true, 0.25, [8, 16]), numbers between
/// commas are a list, and anything else is text.
/// throws UsageError  a word has no name before its =
nlohmann::json parse_model_fields(const std::vector<std::string>& words);

}  // namespace mae
