// Provenance inside files that people look at: a text chunk of a PNG, a comment at the end of an
// HTML page or SVG picture.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "mae/base/provenance.h"

namespace mae {

/// The PNG with an iTXt chunk "mae-provenance" before its end. Pixels are untouched; viewers ignore
/// the chunk.
std::string png_with_provenance(const std::string& png, const Provenance& provenance);
/// The page or SVG picture with a comment after its end that no text inside can close.
std::string html_with_provenance(const std::string& html, const Provenance& provenance);

/// What the two wrote; nothing when the bytes hold none.
std::optional<nlohmann::json> embedded_provenance(const std::string& bytes);

}  // namespace mae
