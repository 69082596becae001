// Plain data: it is written before threads are started.
#include "mae/base/input_policy.h"

namespace mae {
namespace {

InputPolicy& current() {
#ifdef MAE_PARSE_IN_PROCESS
  static InputPolicy policy{false, true};
#else
  static InputPolicy policy;
#endif
  return policy;
}

}  // namespace

const InputPolicy& input_policy() { return current(); }
void set_input_policy(const InputPolicy& policy) { current() = policy; }

}  // namespace mae
