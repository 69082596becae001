// A cursor over the text, one function per piece of grammar.
#include "mae/cli/toml.h"

#include <cctype>
#include <cstdio>
#include <set>

#include "mae/base/error.h"

namespace mae::cli {
namespace {

class Reader {
 public:
  Reader(const std::string& text, std::string name) : text_(text), name_(std::move(name)) {}
  std::vector<TomlEntry> read_file();

 private:
  [[noreturn]] void fail(const std::string& what) const;
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool done() const { return at_ >= text_.size(); }
  void skip_blanks();
  void skip_comment();
  void skip_lines();  // blanks, comments and line ends
  void expect_line_end();
  std::string read_key();
  std::string read_table_name();
  TomlValue read_value();
  std::string read_scalar();
  std::string read_basic_string();
  std::string read_literal_string();
  std::string read_escape();
  std::string read_bare_value();

  const std::string& text_;
  std::string name_;
  size_t at_ = 0;
  int line_ = 1;
};

std::string utf8(unsigned code);

}  // namespace

std::vector<TomlEntry> parse_toml(const std::string& text, const std::string& name) {
  return Reader(text, name).read_file();
}

std::string toml_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += std::string{'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

namespace {

std::vector<TomlEntry> Reader::read_file() {
  std::vector<TomlEntry> entries;
  std::set<std::string> seen;
  std::string table;
  for (skip_lines(); !done(); skip_lines()) {
    if (peek() == '[') {
      table = read_table_name();
      if (!seen.insert("[" + table).second) fail("table [" + table + "] is given twice");
    } else {
      TomlEntry entry;
      entry.table = table;
      entry.line = line_;
      entry.key = read_key();
      skip_blanks();
      if (peek() != '=') fail("expected = after " + entry.key);
      ++at_;
      skip_blanks();
      entry.value = read_value();
      if (!seen.insert(table + "\n" + entry.key).second) fail(entry.key + " is given twice");
      entries.push_back(std::move(entry));
    }
    expect_line_end();
  }
  return entries;
}

void Reader::fail(const std::string& what) const {
  throw UsageError(what, name_ + ":" + std::to_string(line_),
                   "configuration files are TOML: key = value, strings in quotes");
}

void Reader::skip_blanks() {
  while (peek() == ' ' || peek() == '\t') ++at_;
}

void Reader::skip_comment() {
  skip_blanks();
  if (peek() != '#') return;
  while (!done() && peek() != '\n') ++at_;
}

void Reader::skip_lines() {
  for (;;) {
    skip_comment();
    if (peek() == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    if (done() || peek() != '\n') return;
    ++at_, ++line_;
  }
}

void Reader::expect_line_end() {
  skip_comment();
  if (peek() == '\r') ++at_;
  if (!done() && peek() != '\n') fail("unexpected text after the value");
}

std::string Reader::read_key() {
  if (peek() == '"') return read_basic_string();
  if (peek() == '\'') return read_literal_string();
  std::string key;
  while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '-' || peek() == '_') {
    key += text_[at_++];
  }
  if (key.empty()) fail("expected a key");
  if (peek() == '.') fail("dotted keys are not used here; write a [" + key + "] table");
  return key;
}

std::string Reader::read_table_name() {
  ++at_;
  if (peek() == '[') fail("arrays of tables are not used here");
  skip_blanks();
  const std::string name = read_key();
  skip_blanks();
  if (peek() != ']') fail("expected ] after the table's name");
  ++at_;
  return name;
}

TomlValue Reader::read_value() {
  TomlValue value;
  if (peek() != '[') {
    value.words.push_back(read_scalar());
    return value;
  }
  value.is_array = true;
  ++at_;
  for (skip_lines(); peek() != ']'; skip_lines()) {
    if (done()) fail("the array has no ]");
    if (peek() == '[') fail("nested arrays are not used here");
    value.words.push_back(read_scalar());
    skip_lines();
    if (peek() == ',') {
      ++at_;
    } else if (peek() != ']') {
      fail(done() ? "the array has no ]" : "expected , or ] in the array");
    }
  }
  ++at_;
  return value;
}

std::string Reader::read_scalar() {
  if (peek() == '"') return read_basic_string();
  if (peek() == '\'') return read_literal_string();
  if (peek() == '{') fail("inline tables are not used here");
  return read_bare_value();
}

std::string Reader::read_basic_string() {
  if (text_.compare(at_, 3, "\"\"\"") == 0) fail("multi-line strings are not used here");
  ++at_;
  std::string value;
  while (peek() != '"') {
    if (done() || peek() == '\n') fail("the string has no closing quote");
    value += peek() == '\\' ? read_escape() : std::string(1, text_[at_++]);
  }
  ++at_;
  return value;
}

std::string Reader::read_literal_string() {
  if (text_.compare(at_, 3, "'''") == 0) fail("multi-line strings are not used here");
  const size_t begin = ++at_;
  while (peek() != '\'') {
    if (done() || peek() == '\n') fail("the string has no closing quote");
    ++at_;
  }
  return text_.substr(begin, at_++ - begin);
}

std::string Reader::read_escape() {
  const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  at_ += 2;
  switch (kind) {
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case 'r':
      return "\r";
    case 'b':
      return "\b";
    case 'f':
      return "\f";
    case '"':
    case '\\':
      return std::string(1, kind);
    case 'u':
    case 'U': {
      const size_t digits = kind == 'u' ? 4 : 8;
      unsigned code = 0;
      for (size_t i = 0; i < digits; ++i, ++at_) {
        if (!std::isxdigit(static_cast<unsigned char>(peek()))) fail("bad \\u escape in a string");
        const char c = static_cast<char>(std::tolower(static_cast<unsigned char>(peek())));
        code = code * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
      }
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) fail("bad \\u escape in a string");
      return utf8(code);
    }
    default:
      fail("unknown escape in a string; write \\\\ for a backslash");
  }
}

std::string Reader::read_bare_value() {
  std::string value;
  while (!done() && std::string(" \t\r\n,]#").find(peek()) == std::string::npos) {
    value += text_[at_++];
  }
  if (value.empty()) fail("expected a value");
  if (value == "true" || value == "false" || value == "nan") return value;
  const bool is_number = std::string("+-.0123456789").find(value[0]) != std::string::npos &&
                         value.find_first_not_of("+-._eE0123456789") == std::string::npos;
  if (!is_number) fail("expected a value; strings need quotes: \"" + value + "\"");
  std::string number;  // TOML allows a leading plus and underscores between digits
  for (const char c : value) {
    if (c != '_' && !(c == '+' && number.empty())) number += c;
  }
  return number;
}

std::string utf8(unsigned code) {
  std::string out;
  const auto push = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xc0 | code >> 6), push(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    push(0xe0 | code >> 12), push(0x80 | (code >> 6 & 0x3f)), push(0x80 | (code & 0x3f));
  } else {
    push(0xf0 | code >> 18), push(0x80 | (code >> 12 & 0x3f));
    push(0x80 | (code >> 6 & 0x3f)), push(0x80 | (code & 0x3f));
  }
  return out;
}

}  // namespace
}  // namespace mae::cli
