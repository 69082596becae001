// A pickle machine that builds nodes and calls nothing: protocols 2 to 5 as torch.save writes them.
#pragma once

#include <string>
#include <string_view>

#include "mae/pth/pickle_value.h"

namespace mae::pth {

/// Parses one pickle from the start of `bytes`. `where` names the file in errors.
/// throws DataError  cut short, an unknown opcode, sizes beyond the input, more than a
/// million values; a global other than those that tensors, containers and training arguments need,
/// by name
Pickle parse_pickle(std::string_view bytes, const std::string& where);

/// Whether a file may name `global` ("module name"): nothing is called either way, but a file that
/// names anything else is no checkpoint of weights.
bool is_known_global(const std::string& global);

}  // namespace mae::pth
