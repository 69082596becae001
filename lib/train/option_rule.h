// The rules that options of training keep, one line each.
#pragma once

#include <string>

#include "mae/base/error.h"

namespace mae {

/// throws UsageError "expected EXPECTED" of `option` unless it holds
inline void require(bool holds, const std::string& option, const std::string& expected) {
  if (!holds) throw UsageError("expected " + expected, option);
}

}  // namespace mae
