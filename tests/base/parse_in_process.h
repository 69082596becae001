// Included by tests of readers of strangers' files: a crash must be one of the test, not of a
// confined child, and thousands of damaged files need no child each.
#pragma once

#include "mae/base/input_policy.h"

namespace mae {

inline const bool kParsesInProcess = [] {
  InputPolicy policy;
  policy.parse_in_process = true;
  set_input_policy(policy);
  return true;
}();

}  // namespace mae
