// A description (JSON) as indented text for people.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mae {

/// "file" is the heading; keys are aligned; long lists are shortened; names of files and values are
/// made printable.
std::string description_text(const nlohmann::ordered_json& description);

}  // namespace mae
