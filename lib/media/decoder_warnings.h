// What a decoder warns of without giving up: counted and listed, and with --strict an error.
// Private to media.
#pragma once

#include <string>

namespace mae {

/// Notes a warning of the picture `name`. throws DataError  when strict
void note_decoder_warning(const std::string& text, const std::string& name, bool strict);

/// In a confined child: warnings are kept for take_decoder_warning() instead of being logged.
void keep_decoder_warnings();
/// The last one kept, which is forgotten; empty when there was none.
std::string take_decoder_warning();

}  // namespace mae
