#include "mae/cli/progress_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "mae/base/error.h"

namespace mae::cli {
namespace {

constexpr int kLongestBar = 30, kShortestBar = 10;

std::string percent(const ProgressState& state);
std::string bar(const ProgressState& state, int length);
double remaining_s(const ProgressState& state);  // negative when unknown
// Everything after the bar, most important first.
std::vector<std::string> details(const ProgressState& state);
std::string joined_values(const ProgressState& state);
std::string format(const char* pattern, double value);

}  // namespace

std::string progress_bar(const ProgressState& state, int width) {
  const std::string phase = printable(state.phase);
  std::vector<std::string> shown = details(state);
  const auto rest = [&shown] {
    std::string text;
    for (const std::string& detail : shown) text += "  " + detail;
    return text;
  };
  const bool has_bar = state.total > 0;
  const int room_needed = has_bar ? kShortestBar + 4 : 0;  // two blanks and two brackets
  const auto used = [&] { return static_cast<int>(phase.size() + rest().size()); };
  // Values go from the last; the percentage or count stays to the end.
  while (shown.size() > 1 && used() + room_needed >= width) shown.pop_back();
  // The last column stays free: writing it makes some terminals wrap.
  const int length = std::min(kLongestBar, width - 1 - used() - 4);
  std::string text = phase;
  if (has_bar && length >= kShortestBar) text += "  [" + bar(state, length) + "]";
  text += rest();
  if (static_cast<int>(text.size()) >= width)
    text.resize(static_cast<size_t>(std::max(0, width - 1)));
  return text;
}

std::string progress_line(const ProgressState& state) {
  std::string text = printable(state.phase) + ": " + grouped(state.done);
  if (state.total > 0) text += "/" + grouped(state.total);
  if (!state.unit.empty()) text += " " + state.unit;
  if (state.total > 0) text += " (" + percent(state) + ")";
  if (state.rate > 0) text += ", " + rate_text(state.rate) + " " + state.unit + "/s";
  if (remaining_s(state) >= 0) text += ", ETA " + duration_text(remaining_s(state));
  return text + joined_values(state);
}

std::string progress_summary(const ProgressState& state) {
  std::string text = printable(state.phase) + ": " + grouped(state.done);
  if (!state.unit.empty()) text += " " + state.unit;
  text += " in " + duration_text(state.elapsed_s);
  if (state.elapsed_s > 0 && state.done > 0) {
    text += ", " + rate_text(static_cast<double>(state.done) / state.elapsed_s) + " " + state.unit +
            "/s";
  }
  return text + joined_values(state);
}

std::string progress_json(const ProgressState& state, const std::string& event) {
  nlohmann::ordered_json line;
  line["event"] = event;
  line["phase"] = state.phase;
  line["done"] = state.done;
  line["total"] = state.total > 0 ? nlohmann::ordered_json(state.total) : nullptr;
  line["unit"] = state.unit;
  line["elapsed_s"] = std::round(state.elapsed_s * 1000) / 1000;
  line["rate"] = state.rate > 0 ? nlohmann::ordered_json(state.rate) : nullptr;
  line["eta_s"] =
      remaining_s(state) >= 0 ? nlohmann::ordered_json(std::round(remaining_s(state))) : nullptr;
  line["values"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : state.values) line["values"][name] = value;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string duration_text(double seconds) {
  const auto total = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  const long long days = total / 86400, hours = total / 3600 % 24, minutes = total / 60 % 60;
  char text[64];
  if (days > 0) {
    std::snprintf(text, sizeof text, "%lldd %02lld:%02lld", days, hours, minutes);
  } else if (hours > 0) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", hours, minutes, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", minutes, total % 60);
  }
  return text;
}

std::string rate_text(double rate) {
  if (rate < 1) return format("%.2f", rate);
  if (rate < 9.95) return format("%.1f", rate);
  return grouped(std::llround(rate));
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

namespace {

std::string percent(const ProgressState& state) {
  const double share = static_cast<double>(state.done) / static_cast<double>(state.total);
  // Rounded down: 100% is shown when all is done and not before.
  return std::to_string(static_cast<int>(std::clamp(share, 0.0, 1.0) * 100)) + "%";
}

std::string bar(const ProgressState& state, int length) {
  const double share =
      std::clamp(static_cast<double>(state.done) / static_cast<double>(state.total), 0.0, 1.0);
  const auto filled = static_cast<size_t>(share * length);
  std::string text(filled, '=');
  if (filled < static_cast<size_t>(length)) text += '>';
  text.resize(static_cast<size_t>(length), ' ');
  return text;
}

double remaining_s(const ProgressState& state) {
  if (state.total <= 0 || state.rate <= 0 || state.done > state.total) return -1;
  return static_cast<double>(state.total - state.done) / state.rate;
}

std::vector<std::string> details(const ProgressState& state) {
  std::vector<std::string> parts;
  const std::string unit = printable(state.unit);
  if (state.total > 0) {
    const std::string text = percent(state);
    parts.push_back(std::string(4 - text.size(), ' ') + text);
  } else {
    parts.push_back(grouped(state.done) + " " + unit);
  }
  if (state.rate > 0) parts.push_back(rate_text(state.rate) + " " + unit + "/s");
  if (remaining_s(state) >= 0) parts.push_back("ETA " + duration_text(remaining_s(state)));
  for (const auto& [name, value] : state.values) parts.push_back(printable(name + " " + value));
  return parts;
}

std::string joined_values(const ProgressState& state) {
  std::string text;
  for (const auto& [name, value] : state.values) text += ", " + printable(name + " " + value);
  return text;
}

std::string format(const char* pattern, double value) {
  char text[32];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

}  // namespace
}  // namespace mae::cli
