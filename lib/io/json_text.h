// JSON from files: depth is bounded, because writing or destroying a deep tree recurses. Private to
// io.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mae {

/// Parses; throws DataError naming `where` when the text is no JSON or deeper than 256 levels.
nlohmann::json parse_json(const std::string& text, const std::string& where);

}  // namespace mae
