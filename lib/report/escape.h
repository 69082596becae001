// Foreign text (file names, labels, options) made safe to stand in an HTML or SVG document.
#pragma once

#include <string>
#include <string_view>

namespace mae {

/// Escapes & < > " ' as entities; bytes that are not valid UTF-8, control characters and the
/// characters that turn the direction of writing become \xNN, so that a name can neither open a tag
/// nor disguise itself.
std::string escape_html(std::string_view text);

/// Standard base64 with padding (RFC 4648), for data URIs.
std::string base64(std::string_view bytes);

}  // namespace mae
