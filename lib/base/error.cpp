// Error texts: made safe for a terminal and a log before anyone sees them.
#include "mae/base/error.h"

#include <csignal>
#include <cstdint>
#include <system_error>
#include <utility>

namespace mae {
namespace {

struct Character {
  uint32_t code = 0;
  size_t length = 0;  // bytes; 0 when the bytes are not UTF-8
};

// One UTF-8 character at `position`; overlong forms, surrogates and values past U+10FFFF are not
// UTF-8.
Character decode_utf8(const std::string& text, size_t position) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(position);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || position + length > text.size()) return {};
  uint32_t code = lead & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(position + i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(position + i) & 0x3F);
  }
  const uint32_t smallest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (code < smallest || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, length};
}

// Control characters, line separators and the marks that reverse or hide the text around them.
bool is_dangerous(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

void append_escaped(std::string& out, const std::string& text, size_t first, size_t length) {
  for (size_t i = first; i < first + length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte == '\r') {
      out += "\\r";
    } else {
      out += "\\x";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
  }
}

std::string signal_name(int signal_number) {
  if (signal_number == SIGINT) return "SIGINT";
  if (signal_number == SIGTERM) return "SIGTERM";
  if (signal_number == SIGHUP) return "SIGHUP";
  return "signal " + std::to_string(signal_number);
}

}  // namespace

Error::Error(int exit_code, std::string what, std::string where, std::string hint)
    : std::runtime_error(std::move(what)),
      exit_code_(exit_code),
      where_(std::move(where)),
      hint_(std::move(hint)) {}

std::string Error::line() const {
  return where_.empty() ? printable(what()) : printable(where_) + ": " + printable(what());
}

PartialError::PartialError(std::string what, std::string where, std::string hint)
    : Error(1, std::move(what), std::move(where), std::move(hint)) {}
UsageError::UsageError(std::string what, std::string where, std::string hint)
    : Error(2, std::move(what), std::move(where), std::move(hint)) {}
DataError::DataError(std::string what, std::string where, std::string hint)
    : Error(3, std::move(what), std::move(where), std::move(hint)) {}
ResourceError::ResourceError(std::string what, std::string where, std::string hint)
    : Error(4, std::move(what), std::move(where), std::move(hint)) {}
NumericError::NumericError(std::string what, std::string where, std::string hint)
    : Error(5, std::move(what), std::move(where), std::move(hint)) {}
Interrupted::Interrupted(int signal_number)
    : Error(128 + signal_number, "interrupted by " + signal_name(signal_number), "", "") {}
ClosedPipe::ClosedPipe() : Error(0, "its reader has closed it", "standard output", "") {}

std::string printable(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const Character character = decode_utf8(text, i);
    if (character.length == 0) {
      append_escaped(out, text, i, 1);
    } else if (is_dangerous(character.code)) {
      append_escaped(out, text, i, character.length);
    } else {
      out.append(text, i, character.length);
    }
    i += character.length == 0 ? 1 : character.length;
  }
  return out;
}

std::string system_reason(int error_number) {
  std::string text = std::generic_category().message(error_number);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace mae
