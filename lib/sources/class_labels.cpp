#include "mae/sources/class_labels.h"

#include <algorithm>
#include <map>
#include <set>

#include "mae/base/error.h"

namespace mae {
namespace {

bool is_number(const std::string& text) {
  if (text == "-1") return true;
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int64_t to_label(const std::string& text, const std::string& where) {
  constexpr size_t kMaxDigits = 9;
  if (text.size() > kMaxDigits) {
    throw DataError("the label " + printable(text) + " is too large for a class index", where,
                    "number the classes from 0");
  }
  return std::stoll(text);
}

}  // namespace

ClassLabels resolve_labels(const std::vector<std::string>& texts, LabelText kind,
                           const std::string& where) {
  ClassLabels out;
  out.labels.assign(texts.size(), -1);
  const bool numbers = kind == LabelText::kNumbersWhereAllAre &&
                       std::all_of(texts.begin(), texts.end(),
                                   [](const std::string& t) { return t.empty() || is_number(t); });
  if (numbers) {
    for (size_t i = 0; i < texts.size(); ++i) {
      if (!texts[i].empty()) out.labels[i] = to_label(texts[i], where);
    }
    return out;
  }
  std::set<std::string> names(texts.begin(), texts.end());
  names.erase("");
  out.class_names.assign(names.begin(), names.end());
  std::map<std::string, int64_t> index;
  for (size_t i = 0; i < out.class_names.size(); ++i)
    index[out.class_names[i]] = static_cast<int64_t>(i);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].empty()) out.labels[i] = index[texts[i]];
  }
  return out;
}

}  // namespace mae
