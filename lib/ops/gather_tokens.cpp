// One gather along the token dimension.
#include "mae/ops/gather_tokens.h"

namespace mae {

Tensor gather_tokens(const Tensor& tokens, const Tensor& ids) {
  check_shape("tokens", tokens, {kAny, kAny, kAny});
  check_shape("ids", ids, {tokens.size(0), kAny});
  const Tensor index = ids.unsqueeze(/*dim=*/-1).expand({-1, -1, tokens.size(2)});  // [B, K, D]
  return tokens.gather(/*dim=*/1, index);                                           // [B, K, D]
}

}  // namespace mae
