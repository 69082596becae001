#include "mae/sources/delimited_text.h"

#include "mae/base/error.h"

namespace mae {
namespace {

class Parser {
 public:
  Parser(const std::string& text, char separator, const std::string& name)
      : text_(text), separator_(separator), name_(name) {
    constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";
    if (text.compare(0, 3, kByteOrderMark) == 0) at_ = 3;
  }

  std::vector<DelimitedRow> rows() {
    std::vector<DelimitedRow> rows;
    while (at_ < text_.size()) {
      DelimitedRow row;
      row.line = line_;
      do row.fields.push_back(field());
      while (take(separator_));
      take('\r');
      if (at_ < text_.size() && !take('\n')) fail("text follows a closing quote", line_);
      ++line_;
      if (row.fields.size() > 1 || !row.fields[0].empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string field() {
    if (take('"')) return quoted();
    const size_t first = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') ++at_;
    size_t end = at_;
    const bool ends_line = at_ == text_.size() || text_[at_] == '\n';
    if (ends_line && end > first && text_[end - 1] == '\r') --end;
    return text_.substr(first, end - first);
  }

  std::string quoted() {
    const int64_t first_line = line_;
    std::string value;
    for (;;) {
      if (at_ >= text_.size()) fail("a quote never closes", first_line);
      const char c = text_[at_++];
      if (c == '"' && !take('"')) return value;
      if (c == '\n') ++line_;
      value.push_back(c);
    }
  }

  [[noreturn]] void fail(const std::string& what, int64_t line) const {
    throw DataError(what, name_ + ":" + std::to_string(line));
  }

  const std::string& text_;
  char separator_;
  const std::string& name_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

}  // namespace

std::vector<DelimitedRow> parse_delimited(const std::string& text, char separator,
                                          const std::string& name) {
  return Parser(text, separator, name).rows();
}

}  // namespace mae
