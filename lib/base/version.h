// Name and number of this build.
#pragma once

#include <string>

namespace mae {

/// "0.1.0"
std::string version();

}  // namespace mae
