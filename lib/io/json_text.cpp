// A callback sees the depth of each value before its children are built.
#include "mae/io/json_text.h"

#include "mae/base/error.h"

namespace mae {

nlohmann::json parse_json(const std::string& text, const std::string& where) {
  constexpr int kMaxDepth = 256;
  const auto check_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kMaxDepth) throw DataError("is nested deeper than 256 levels", where);
    return true;
  };
  try {
    return nlohmann::json::parse(text, check_depth);
  } catch (const nlohmann::json::exception&) {
    throw DataError("is not valid JSON", where);
  }
}

}  // namespace mae
