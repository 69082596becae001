// Numbers as text through std::to_chars, which knows no locale.
#include "mae/report/number_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace mae {
namespace {

std::string digits_of(double value, std::chars_format format, int precision) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 512> text;  // the largest double has 309 digits before the point
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, precision);
  return std::string(text.data(), end.ptr);
}

}  // namespace

std::string fixed_text(double value, int digits) {
  const std::string text = digits_of(value, std::chars_format::fixed, digits);
  const bool is_negative_zero = text.find_first_not_of("-0.") == std::string::npos;
  return is_negative_zero && text[0] == '-' ? text.substr(1) : text;
}

std::string short_text(double value, int significant) {
  return digits_of(value == 0 ? 0.0 : value, std::chars_format::general, significant);
}

}  // namespace mae
