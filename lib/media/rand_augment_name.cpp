// The published notation of RandAugment, "rand-m9-mstd0.5-inc1", read and written.
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "mae/base/error.h"
#include "mae/media/rand_augment.h"

namespace mae {
namespace {

const char* const kForm = "write rand-mM-nN-mstdS-incI, such as rand-m9-mstd0.5-inc1, or none";

/// "mstd0.5" as its letters and its number.
struct Part {
  std::string text, name;
  double value = 0;
};
Part split_part(const std::string& text);
void take_part(const Part& part, RandAugmentOptions* options);
[[noreturn]] void refuse(const std::string& what);
std::string shortest(double value);

}  // namespace

RandAugmentOptions parse_rand_augment(const std::string& text) {
  size_t dash = text.find('-');
  if (text.substr(0, dash) != "rand") refuse("unknown augmentation '" + text + "'");
  RandAugmentOptions options;
  options.magnitude = 10;
  options.magnitude_std = 0;
  options.increasing = false;
  std::set<std::string> seen;
  while (dash != std::string::npos) {
    const size_t next = text.find('-', dash + 1);
    const Part part = split_part(text.substr(dash + 1, next - dash - 1));
    if (!seen.insert(part.name).second) refuse("'" + part.name + "' is given twice in " + text);
    take_part(part, &options);
    dash = next;
  }
  return options;
}

std::string rand_augment_name(const RandAugmentOptions& options) {
  return "rand-m" + shortest(options.magnitude) + "-n" + std::to_string(options.num_ops) + "-mstd" +
         shortest(options.magnitude_std) + "-inc" + (options.increasing ? "1" : "0");
}

namespace {

Part split_part(const std::string& text) {
  Part part;
  part.text = text;
  const size_t digits = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  part.name = text.substr(0, digits);
  if (digits == std::string::npos) refuse("'" + text + "' has no number");
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + digits, end, part.value);
  if (parsed.ec != std::errc() || parsed.ptr != end) refuse("'" + text + "' has no number");
  return part;
}

void take_part(const Part& part, RandAugmentOptions* options) {
  const auto expect = [&](bool holds, const std::string& expected) {
    if (!holds) refuse("'" + part.text + "': expected " + expected);
  };
  if (part.name == "m") {
    expect(part.value >= 0 && part.value <= 10, "a magnitude from 0 to 10");
    options->magnitude = part.value;
  } else if (part.name == "n") {
    expect(part.value >= 1 && part.value <= 100 && part.value == std::floor(part.value),
           "a whole number of operations, from 1 to 100");
    options->num_ops = static_cast<int>(part.value);
  } else if (part.name == "mstd") {
    expect(part.value >= 0 && part.value <= 100, "a deviation from 0 to 100");
    options->magnitude_std = part.value;
  } else if (part.name == "inc") {
    expect(part.value == 0 || part.value == 1, "inc0 or inc1");
    options->increasing = part.value == 1;
  } else {
    refuse("unknown part '" + part.text + "'");
  }
}

void refuse(const std::string& what) { throw UsageError(what, "--aa", kForm); }

std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace
}  // namespace mae
