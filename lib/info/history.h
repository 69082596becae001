// The provenance chain of a file as a tree.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mae {

/// One line a program, with its arguments; below it its inputs with digests, then the programs that
/// made them, indented.
///
///   mae-encode 0.1.0 --pool=cls train.h5
///     input train.h5 xxh3:...
///     mae-patchify 0.1.0 photos
///       input photos ...
///
/// provenance  as recorded; fields of the wrong type are shown as "?"
std::string history_text(const nlohmann::json& provenance, int indent);

}  // namespace mae
