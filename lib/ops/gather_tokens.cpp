// Rows are copied whole; LibTorch's gather looks up each element.
#include "mae/ops/gather_tokens.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
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

// Each row to where it came from; those that came from one place are added, nowhere is 0.
template <typename T>
void put_rows_back(const Tensor& grad, const Tensor& ids, const Tensor& to) {
  const int64_t K = ids.size(1), L = to.size(1), D = to.size(2);
  const T* from = grad.const_data_ptr<T>();
  const int64_t* id = ids.const_data_ptr<int64_t>();
  for_samples(to, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      T* sample = to.data_ptr<T>() + b * L * D;
      std::vector<bool> written(static_cast<size_t>(L));
      for (int64_t i = b * K; i < (b + 1) * K; ++i) {
        T* row = sample + id[i] * D;
        const T* more = from + i * D;
        if (written[id[i]]) {
          for (int64_t k = 0; k < D; ++k) row[k] += more[k];
        } else {
          std::copy_n(more, D, row);
          written[id[i]] = true;
        }
      }
      for (int64_t l = 0; l < L; ++l) {
        if (!written[l]) std::fill_n(sample + l * D, D, T(0));
      }
    }
  });
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
    const at::ScalarType type = grads[0].scalar_type();
    // Sums of small types are rounded once, as LibTorch's are.
    const bool widen = grads[0].element_size() < 4 && any_repeats(ids, L);
    const Tensor grad = (widen ? grads[0].to(at::kFloat) : grads[0]).contiguous();
    const Tensor to = at::empty({grad.size(0), L, grad.size(2)}, grad.options());
    AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, grad.scalar_type(), "put_rows_back",
                                    [&] { put_rows_back<scalar_t>(grad, ids, to); });
    return {to.to(type), Tensor()};
  }
};

}  // namespace

Tensor gather_tokens(const Tensor& tokens, const Tensor& ids) {
  check_shape("tokens", tokens, {kAny, kAny, kAny});
  check_shape("ids", ids, {tokens.size(0), kAny});
  if (has_row_copy(tokens, ids)) return PickedRows::apply(tokens, ids.contiguous());
  const Tensor index = ids.unsqueeze(/*dim=*/-1).expand({-1, -1, tokens.size(2)});  // [B, K, D]
  return tokens.gather(/*dim=*/1, index);                                           // [B, K, D]
}

}  // namespace mae
