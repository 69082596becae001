// The plain way beside the fused one, whose backward makes the probabilities again from the
// logarithms of their sums.
#include "mae/ops/self_attention.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "mae/base/kernel_choice.h"
#include "mae/ops/kernels/attention.h"

namespace mae {
namespace {

// Longer sequences need more scratch memory than a core's cache has.
constexpr int64_t kLongest = 4096;
constexpr int64_t kWidestHead = 256;

Tensor plain_attention(const Tensor& qkv, int64_t num_heads) {
  const int64_t B = qkv.size(0), L = qkv.size(1), D = qkv.size(2) / 3;
  const Tensor parts =
      qkv.reshape({B, L, 3, num_heads, D / num_heads}).permute({2, 0, 3, 1, 4});  // [3, B, N, L, d]
  const Tensor y = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]);
  return y.transpose(1, 2).reshape({B, L, D});
}

bool has_kernel(const Tensor& qkv, int64_t num_heads) {
  const bool type = qkv.scalar_type() == at::kFloat || qkv.scalar_type() == at::kBFloat16;
  return type && qkv.device().is_cpu() && qkv.numel() > 0 && qkv.size(1) <= kLongest &&
         qkv.size(2) / 3 / num_heads <= kWidestHead && use_own_kernels();
}

kernels::AttentionShape shape_of(const Tensor& qkv, int64_t num_heads) {
  return {qkv.size(0), qkv.size(1), num_heads, qkv.size(2) / 3 / num_heads};
}

// run(begin, end, scratch) over all problems, each thread with memory of its own.
template <typename Run>
void for_each_problem(const kernels::AttentionShape& shape, const Run& run) {
  const int64_t scratch = kernels::attention_scratch(shape);
  const int64_t work = shape.length * shape.length * shape.head_dim;
  const int64_t grain = std::max<int64_t>(1, (int64_t{1} << 18) / std::max<int64_t>(1, work));
  at::parallel_for(0, shape.problems(), grain, [&](int64_t begin, int64_t end) {
    const Tensor memory = at::empty({scratch}, at::kFloat);  // aligned to 64 bytes
    run(begin, end, memory.data_ptr<float>());
  });
}

uint16_t* bits(const Tensor& tensor) { return static_cast<uint16_t*>(tensor.data_ptr()); }

/// logsumexp  null where no backward pass will ask for it
Tensor attend(const Tensor& qkv, int64_t num_heads, float* logsumexp) {
  const Tensor out = at::empty({qkv.size(0), qkv.size(1), qkv.size(2) / 3}, qkv.options());
  const auto shape = shape_of(qkv, num_heads);
  const kernels::AttentionKernels& kernels = kernels::attention_kernels();
  for_each_problem(shape, [&](int64_t begin, int64_t end, float* scratch) {
    if (qkv.scalar_type() == at::kFloat) {
      kernels.forward_float(shape, qkv.data_ptr<float>(), out.data_ptr<float>(), logsumexp, begin,
                            end, scratch);
    } else {
      kernels.forward_bfloat16(shape, bits(qkv), bits(out), logsumexp, begin, end, scratch);
    }
  });
  return out;
}

class FusedAttention : public torch::autograd::Function<FusedAttention> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* ctx, const Tensor& input,
                        int64_t num_heads) {
    const Tensor qkv = input.contiguous();
    const Tensor logsumexp = at::empty({qkv.size(0), num_heads, qkv.size(1)}, at::kFloat);
    const Tensor out = attend(qkv, num_heads, logsumexp.data_ptr<float>());
    ctx->save_for_backward({qkv, logsumexp});
    ctx->saved_data["num_heads"] = num_heads;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &qkv = saved[0], &logsumexp = saved[1];
    const auto shape = shape_of(qkv, ctx->saved_data["num_heads"].toInt());
    const Tensor grad_out = grads[0].to(qkv.scalar_type()).contiguous();
    const Tensor grad_qkv = at::empty_like(qkv);
    const kernels::AttentionKernels& kernels = kernels::attention_kernels();
    for_each_problem(shape, [&](int64_t begin, int64_t end, float* scratch) {
      if (qkv.scalar_type() == at::kFloat) {
        kernels.backward_float(shape, qkv.data_ptr<float>(), grad_out.data_ptr<float>(),
                               logsumexp.data_ptr<float>(), grad_qkv.data_ptr<float>(), begin, end,
                               scratch);
      } else {
        kernels.backward_bfloat16(shape, bits(qkv), bits(grad_out), logsumexp.data_ptr<float>(),
                                  bits(grad_qkv), begin, end, scratch);
      }
    });
    return {grad_qkv, Tensor()};
  }
};

}  // namespace

Tensor self_attention(const Tensor& qkv, int64_t num_heads) {
  if (!has_kernel(qkv, num_heads)) return plain_attention(qkv, num_heads);
  if (at::GradMode::is_enabled() && qkv.requires_grad())
    return FusedAttention::apply(qkv, num_heads);
  return attend(qkv.contiguous(), num_heads, /*logsumexp=*/nullptr);
}

}  // namespace mae
