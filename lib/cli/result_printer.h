// Standard output: results only, as tab-separated text or JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mae::cli {

/// "key<TAB>value" lines, or one JSON object on one line.
std::string report_text(const nlohmann::ordered_json& values, bool as_json);

/// A header line and tab-separated rows, or a JSON array of objects with one object a line.
std::string table_text(const std::vector<std::string>& columns,
                       const std::vector<std::vector<nlohmann::json>>& rows, bool as_json);

/// Writes to standard output at once, after the text before. throws ClosedPipe, ResourceError (disk
/// full)
void write_standard_output(const std::string& text);

/// Asks the system whether everything written has arrived, as far as it can know. throws
/// ResourceError
void finish_standard_output();

}  // namespace mae::cli
