// Rows are copied whole, forward and, where none was picked twice, backward; LibTorch's gather
// looks up each element.
#include "mae/ops/gather_tokens.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "mae/base/kernel_choice.h"

namespace mae {
namespace {

constexpr int64_t kElementsAtLeast = 1 << 14;  // for one thread

bool has_row_copy(const Tensor& tokens, const Tensor& ids) {
  return tokens.device().is_cpu() && at::isFloatingType(tokens.scalar_type()) &&
         tokens.stride(2) == 1 && ids.scalar_type() == at::kLong && ids.device().is_cpu() &&
         tokens.numel() > 0 && use_own_kernels();
}

/// run(begin, end) over the samples, shared among threads.
template <typename Run>
void for_samples(const Tensor& rows, const Run& run) {
  const int64_t B = rows.size(0), elements = std::max<int64_t>(1, rows.numel() / B);
  at::parallel_for(0, B, std::max<int64_t>(1, kElementsAtLeast / elements), run);
}

Tensor pick_rows(const Tensor& tokens, const Tensor& ids) {
  const int64_t K = ids.size(1), L = tokens.size(1), D = tokens.size(2);
  const Tensor out = at::empty({tokens.size(0), K, D}, tokens.options());  // [B, K, D]
  const int64_t size = tokens.element_size();
  const auto* from = static_cast<const char*>(tokens.const_data_ptr());
  auto* to = static_cast<char*>(out.data_ptr());
  const int64_t* id = ids.const_data_ptr<int64_t>();
  for_samples(out, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * K; i < end * K; ++i) {
      TORCH_CHECK_INDEX(id[i] >= 0 && id[i] < L, "token ", id[i], " of ", L);
      const int64_t row = i / K * tokens.stride(0) + id[i] * tokens.stride(1);
      std::memcpy(to + i * D * size, from + row * size, static_cast<size_t>(D * size));
    }
  });
  return out;
}

bool any_repeats(const Tensor& ids, int64_t L) {
  const int64_t K = ids.size(1);
  const int64_t* id = ids.const_data_ptr<int64_t>();
  for (int64_t b = 0; b < ids.size(0); ++b) {
    std::vector<bool> seen(static_cast<size_t>(L));
    for (int64_t i = b * K; i < (b + 1) * K; ++i) {
      if (seen[id[i]]) return true;
      seen[id[i]] = true;
    }
  }
  return false;
}

// Each row of grad [B, K, D] to where it came from in [B, L, D], zeros elsewhere; no id repeats.
Tensor put_rows_back(const Tensor& grad, const Tensor& ids, int64_t L) {
  const int64_t K = ids.size(1), D = grad.size(2);
  const Tensor to = at::zeros({grad.size(0), L, D}, grad.options());
  const auto size = static_cast<size_t>(D * grad.element_size());
  const auto* from = static_cast<const char*>(grad.const_data_ptr());
  auto* first = static_cast<char*>(to.data_ptr());
  const int64_t* id = ids.const_data_ptr<int64_t>();
  for_samples(to, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * K; i < end * K; ++i)
      std::memcpy(first + (i / K * L + id[i]) * size, from + i * size, size);
  });
  return to;
}

// An index of tokens [B, K] for every element of theirs, [B, K, D].
Tensor for_elements(const Tensor& ids, int64_t D) {
  return ids.unsqueeze(/*dim=*/-1).expand({-1, -1, D});
}

class PickedRows : public torch::autograd::Function<PickedRows> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* ctx, const Tensor& tokens,
                        const Tensor& ids) {
    ctx->save_for_backward({ids});
    ctx->saved_data["L"] = tokens.size(1);
    return pick_rows(tokens, ids);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const Tensor ids = ctx->get_saved_variables()[0];
    const int64_t L = ctx->saved_data["L"].toInt();
    const Tensor grad = grads[0].contiguous();
    if (!any_repeats(ids, L)) return {put_rows_back(grad, ids, L), Tensor()};
    const int64_t D = grad.size(2);
    const Tensor to = at::zeros({grad.size(0), L, D}, grad.options());
    return {to.scatter_add(/*dim=*/1, for_elements(ids, D), grad), Tensor()};
  }
};

}  // namespace

Tensor gather_tokens(const Tensor& tokens, const Tensor& ids) {
  check_shape("tokens", tokens, {kAny, kAny, kAny});
  check_shape("ids", ids, {tokens.size(0), kAny});
  if (has_row_copy(tokens, ids)) return PickedRows::apply(tokens, ids.contiguous());
  return tokens.gather(/*dim=*/1, for_elements(ids, tokens.size(2)));  // [B, K, D]
}

}  // namespace mae
