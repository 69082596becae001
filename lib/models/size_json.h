// Sizes in configurations: [height, width], or one number for a square.
#pragma once

#include <nlohmann/json.hpp>

#include "mae/base/size2d.h"

namespace mae {

inline void to_json(nlohmann::json& json, const Size2d& size) { json = {size.height, size.width}; }

/// Throws nlohmann's type_error for anything but a number or two numbers.
inline void from_json(const nlohmann::json& json, Size2d& size) {
  if (json.is_number_integer()) {
    size = {json.get<int64_t>(), json.get<int64_t>()};
  } else {
    size = {json.at(0).get<int64_t>(), json.at(1).get<int64_t>()};
  }
}

}  // namespace mae
