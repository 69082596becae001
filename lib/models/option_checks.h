// Checks of numbers in configurations, which may come from a stranger's file.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "mae/base/error.h"

namespace mae {

inline void check_range(const std::string& field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return;
  throw UsageError(field + " is " + std::to_string(value) + "; expected " + std::to_string(low) +
                   " to " + std::to_string(high));
}

inline void check_divides(const std::string& field, int64_t value, const std::string& by_field,
                          int64_t by) {
  if (value % by == 0) return;
  throw UsageError(field + " " + std::to_string(value) + " is not divisible by " + by_field + " " +
                   std::to_string(by));
}

/// More than 0, at most 64, and at least one hidden number.
inline void check_mlp_ratio(double mlp_ratio, int64_t embed_dim) {
  if (mlp_ratio > 0 && mlp_ratio <= 64 && static_cast<double>(embed_dim) * mlp_ratio >= 1) return;
  throw UsageError("mlp_ratio is " + std::to_string(mlp_ratio) +
                   "; expected more than 0 and at most 64");
}

inline void check_layer_norm_eps(const std::string& field, double eps) {
  if (eps > 0 && eps < 1) return;
  throw UsageError(field + " is " + std::to_string(eps) + "; expected between 0 and 1");
}

inline void check_drop_path_rate(double rate) {
  if (rate >= 0 && rate < 1) return;
  throw UsageError("drop_path_rate is " + std::to_string(rate) +
                   "; expected at least 0 and less than 1");
}

/// The first `count` blocks of a classifier of `depth` are to be frozen.
inline void check_frozen_blocks(int64_t count, int64_t depth) {
  if (count >= 0 && count <= depth) return;
  throw UsageError("cannot freeze " + std::to_string(count) + " of " + std::to_string(depth) +
                   " blocks");
}

/// Overwrites `field` with the JSON member of that name, where there is one.
template <typename T>
void take_field(const nlohmann::json& json, const char* name, T& field) {
  if (json.contains(name)) field = json.at(name).get<T>();
}

}  // namespace mae
