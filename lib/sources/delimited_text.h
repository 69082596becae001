// CSV and TSV as spreadsheets write them (RFC 4180): quoted fields may hold separators, quotes and
// line breaks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mae {

struct DelimitedRow {
  std::vector<std::string> fields;
  int64_t line = 0;  ///< where the row begins, from 1
};

/// Rows in order; empty lines are skipped, a byte order mark is dropped.
/// throws DataError  with file and line: a quote that never closes, text after a closing quote
std::vector<DelimitedRow> parse_delimited(const std::string& text, char separator,
                                          const std::string& name);

}  // namespace mae
