#include "mae/media/decoder_warnings.h"

#include <optional>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/log.h"

namespace mae {
namespace {

// Has a value in a confined child, which decodes one picture at a time.
std::optional<std::string>& kept() {
  static std::optional<std::string> text;
  return text;
}

}  // namespace

void note_decoder_warning(const std::string& text, const std::string& name, bool strict) {
  if (strict)
    throw DataError("the decoder warns: " + text, name, "export it again, or leave --strict out");
  if (kept()) {
    kept() = text;
  } else {
    log_repeated("pictures made their decoder warn", printable(name) + ": " + text);
  }
}

void keep_decoder_warnings() { kept() = ""; }

std::string take_decoder_warning() { return std::exchange(*kept(), ""); }

}  // namespace mae
