#include "mae/cli/result_printer.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>

#include "mae/base/error.h"
#include "mae/cli/console.h"

namespace mae::cli {
namespace {

// One field of a line: strings bare with control characters escaped (a tab in a file name must not
// become a column).
std::string field(const nlohmann::ordered_json& value);

}  // namespace

std::string report_text(const nlohmann::ordered_json& values, bool as_json) {
  using Json = nlohmann::ordered_json;
  if (as_json) return values.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::string text;
  for (const auto& [key, value] : values.items()) text += key + "\t" + field(value) + "\n";
  return text;
}

std::string table_text(const std::vector<std::string>& columns,
                       const std::vector<std::vector<nlohmann::json>>& rows, bool as_json) {
  std::string text;
  for (const std::string& column : columns) text += (text.empty() ? "" : "\t") + column;
  text = as_json ? "[" : text + "\n";
  bool is_first_row = true;
  for (const auto& row : rows) {
    nlohmann::ordered_json object;
    std::string line;
    for (size_t i = 0; i < columns.size() && i < row.size(); ++i) {
      object[columns[i]] = row[i];
      line += (i == 0 ? "" : "\t") + field(row[i]);
    }
    if (as_json) {
      text += is_first_row ? "" : ",\n";
      text += object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    } else {
      text += line + "\n";
    }
    is_first_row = false;
  }
  return as_json ? text + "]\n" : text;
}

void write_standard_output(const std::string& text) {
  const int problem = write_all(STDOUT_FILENO, text);
  if (problem == EPIPE) throw ClosedPipe();
  if (problem != 0) {
    throw ResourceError("cannot write: " + system_reason(problem), "standard output");
  }
}

void finish_standard_output() {
  // Network file systems report a full disk at close; closing a copy asks them without giving up
  // descriptor 1.
  const int copy = ::dup(STDOUT_FILENO);
  if (copy >= 0 && ::close(copy) != 0 && errno != EINTR) {
    throw ResourceError("cannot write: " + system_reason(errno), "standard output");
  }
}

namespace {

// Ten digits: what people read, without the noise of binary fractions (98.82,
// not 98.82000000000001). JSON keeps every bit.
std::string number_field(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

std::string field(const nlohmann::ordered_json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_null()) return "";
  if (value.is_number_float()) return number_field(value.get<double>());
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace
}  // namespace mae::cli
