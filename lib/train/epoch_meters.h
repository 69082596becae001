// Running means of one epoch that survive a stop in its middle.
#pragma once

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace mae {

/// A figure that was not measured.
constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

/// Plain sums in the order of the iterations, so that a resumed epoch's means are the same bits.
struct EpochMeters {
  double loss_sum = 0, lr_sum = 0;
  int64_t iterations = 0;  ///< micro-batches
  /// By name, what the loss is made of, where it is more than one number.
  std::map<std::string, double> part_sums = {};

  void add(double loss, double lr, const std::map<std::string, double>& parts = {}) {
    loss_sum += loss;
    for (const auto& [name, value] : parts) part_sums[name] += value;
    lr_sum += lr;
    ++iterations;
  }
  double mean_loss() const { return loss_sum / static_cast<double>(iterations); }
  double mean_lr() const { return lr_sum / static_cast<double>(iterations); }
};

inline void to_json(nlohmann::json& json, const EpochMeters& meters) {
  json = {
      {"loss_sum", meters.loss_sum}, {"lr_sum", meters.lr_sum}, {"iterations", meters.iterations}};
  if (!meters.part_sums.empty()) json["part_sums"] = meters.part_sums;
}
inline void from_json(const nlohmann::json& json, EpochMeters& meters) {
  meters.loss_sum = json.at("loss_sum").get<double>();
  meters.lr_sum = json.at("lr_sum").get<double>();
  meters.iterations = json.at("iterations").get<int64_t>();
  if (json.contains("part_sums"))
    meters.part_sums = json["part_sums"].get<std::map<std::string, double>>();
}

}  // namespace mae
