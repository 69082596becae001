// Autograd around the kernels. Gradients of weight and bias are summed in pieces that depend on the
// shape alone, so that the number of threads changes nothing.
#include "mae/ops/layer_norm.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "mae/base/kernel_choice.h"
#include "mae/ops/kernels/token_rows.h"

namespace mae {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRowsAtLeast = 16;  // for one thread
constexpr int64_t kPieces = 32;       // of the rows, whose gradients are summed one by one

/// What products read and write now.
at::ScalarType product_type(const Tensor& x) {
  const at::DeviceType device = x.device().type();
  return at::autocast::is_autocast_enabled(device) ? at::autocast::get_autocast_dtype(device)
                                                   : x.scalar_type();
}

bool has_kernel(const Tensor& x, const NormWeights& norm) {
  const at::ScalarType type = product_type(x);
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.numel() > 0 &&
         (type == at::kFloat || type == at::kBFloat16) && norm.weight.scalar_type() == at::kFloat &&
         norm.bias.defined() && use_own_kernels();
}

Tensor plain_norm(const Tensor& x, const NormWeights& norm) {
  return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, norm.eps);
}

int64_t row_count(const Tensor& x) { return x.numel() / x.size(-1); }

template <typename T>
T* elements(const Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.data_ptr()) : nullptr;
}

struct Normed {
  Tensor sum, out, mean, rstd;
};

template <typename T, typename Kernel>
void run_norm(Kernel kernel, const Tensor& x, const Tensor& branch, const NormWeights& norm,
              const Normed& to) {
  const Tensor weight = norm.weight.contiguous(), bias = norm.bias.contiguous();
  const kernels::NormRows<T> rows{x.size(-1),
                                  static_cast<float>(norm.eps),
                                  elements<float>(x),
                                  elements<T>(branch),
                                  branch.defined() ? elements<float>(to.sum) : nullptr,
                                  elements<float>(weight),
                                  elements<float>(bias),
                                  elements<T>(to.out),
                                  elements<float>(to.mean),
                                  elements<float>(to.rstd)};
  at::parallel_for(0, row_count(x), kRowsAtLeast,
                   [&](int64_t begin, int64_t end) { kernel(rows, begin, end); });
}

/// branch  undefined: x itself is normalised, and is the sum
Normed normalize(const Tensor& x, const Tensor& branch, const NormWeights& norm,
                 at::ScalarType type, bool with_statistics) {
  Normed to;
  const Tensor input = x.contiguous();
  const Tensor added = branch.defined() ? branch.to(type).contiguous() : branch;
  to.sum = branch.defined() ? at::empty_like(input) : input;
  to.out = at::empty(input.sizes(), input.options().dtype(type));
  if (with_statistics) {
    to.mean = at::empty({row_count(input)}, input.options());
    to.rstd = at::empty_like(to.mean);
  }
  const kernels::TokenRowKernels& kernels = kernels::token_row_kernels();
  if (type == at::kFloat) {
    run_norm<float>(kernels.norm_float, input, added, norm, to);
  } else {
    run_norm<uint16_t>(kernels.norm_bfloat16, input, added, norm, to);
  }
  return to;
}

struct NormGrads {
  Tensor x, branch, weight, bias;
};

template <typename T, typename Kernel>
void run_norm_grad(Kernel kernel, const kernels::NormGradRows<T>& rows, int64_t count,
                   const Tensor& sums) {
  const int64_t pieces = sums.size(0);
  float* first = sums.data_ptr<float>();
  at::parallel_for(0, pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      float* weight = first + 2 * piece * rows.columns;
      kernel(rows, count * piece / pieces, count * (piece + 1) / pieces, weight,
             weight + rows.columns);
    }
  });
  for (int64_t piece = 1; piece < pieces; ++piece) {
    const float* more = first + 2 * piece * rows.columns;
    for (int64_t k = 0; k < 2 * rows.columns; ++k) first[k] += more[k];
  }
}

template <typename T>
kernels::NormGradRows<T> grad_rows(const variable_list& saved, const Tensor& grad_out,
                                   const Tensor& grad_sum, const NormGrads& to) {
  return {saved[0].size(-1),         elements<float>(saved[0]), elements<float>(saved[2]),
          elements<float>(saved[3]), elements<float>(saved[1]), elements<T>(grad_out),
          elements<float>(grad_sum), elements<float>(to.x),     elements<T>(to.branch)};
}

/// saved  sum, weight, mean, rstd
NormGrads norm_grads(const variable_list& saved, const Tensor& grad_out, const Tensor& grad_sum,
                     bool with_branch) {
  const Tensor& sum = saved[0];
  const int64_t rows = row_count(sum), D = sum.size(-1);
  const Tensor out = grad_out.contiguous();
  const Tensor past = grad_sum.defined() ? grad_sum.to(at::kFloat).contiguous() : grad_sum;
  NormGrads to;
  to.x = at::empty_like(sum);
  if (with_branch && out.scalar_type() != at::kFloat) to.branch = at::empty_like(out);
  const int64_t pieces = std::min(kPieces, (rows + kRowsAtLeast - 1) / kRowsAtLeast);
  const Tensor sums = at::zeros({pieces, 2, D}, sum.options());
  const kernels::TokenRowKernels& kernels = kernels::token_row_kernels();
  if (out.scalar_type() == at::kFloat) {
    run_norm_grad(kernels.norm_grad_float, grad_rows<float>(saved, out, past, to), rows, sums);
    if (with_branch) to.branch = to.x;
  } else {
    run_norm_grad(kernels.norm_grad_bfloat16, grad_rows<uint16_t>(saved, out, past, to), rows,
                  sums);
  }
  to.weight = sums[0][0].clone();
  to.bias = sums[0][1].clone();
  return to;
}

class FusedNorm : public torch::autograd::Function<FusedNorm> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, double eps, at::ScalarType type) {
    const Normed normed = normalize(x, {}, {weight, bias, eps}, type, /*with_statistics=*/true);
    ctx->save_for_backward({normed.sum, weight, normed.mean, normed.rstd});
    ctx->saved_data["type"] = type;
    return normed.out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const Tensor grad = grads[0].to(ctx->saved_data["type"].toScalarType());
    const NormGrads to = norm_grads(ctx->get_saved_variables(), grad, {}, /*with_branch=*/false);
    return {to.x, to.weight, to.bias, Tensor(), Tensor()};
  }
};

class FusedAddNorm : public torch::autograd::Function<FusedAddNorm> {
 public:
  static variable_list forward(AutogradContext* ctx, const Tensor& x, const Tensor& branch,
                               const Tensor& weight, const Tensor& bias, double eps,
                               at::ScalarType type) {
    const Normed normed = normalize(x, branch, {weight, bias, eps}, type, true);
    ctx->save_for_backward({normed.sum, weight, normed.mean, normed.rstd});
    ctx->saved_data["type"] = type;
    ctx->saved_data["branch"] = branch.scalar_type();
    return {normed.sum, normed.out};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const Tensor grad = grads[1].to(ctx->saved_data["type"].toScalarType());
    NormGrads to = norm_grads(ctx->get_saved_variables(), grad, grads[0], /*with_branch=*/true);
    to.branch = to.branch.to(ctx->saved_data["branch"].toScalarType());
    return {to.x, to.branch, to.weight, to.bias, Tensor(), Tensor()};
  }
};

class FusedAdd : public torch::autograd::Function<FusedAdd> {
 public:
  static Tensor forward(AutogradContext* /*ctx*/, const Tensor& x, const Tensor& branch) {
    const Tensor from = x.contiguous(), added = branch.contiguous();
    const Tensor sum = at::empty_like(from);
    const kernels::TokenRowKernels& kernels = kernels::token_row_kernels();
    at::parallel_for(0, sum.numel(), /*grain_size=*/1 << 14, [&](int64_t begin, int64_t end) {
      kernels.add_bfloat16(from.data_ptr<float>() + begin, elements<uint16_t>(added) + begin,
                           sum.data_ptr<float>() + begin, end - begin);
    });
    return sum;
  }

  static variable_list backward(AutogradContext* /*ctx*/, const variable_list& grads) {
    return {grads[0], grads[0].to(at::kBFloat16)};
  }
};

}  // namespace

Tensor layer_norm(const Tensor& x, const NormWeights& norm) {
  if (!has_kernel(x, norm)) return plain_norm(x, norm);
  return FusedNorm::apply(x, norm.weight, norm.bias, norm.eps, product_type(x));
}

std::pair<Tensor, Tensor> add_layer_norm(const Tensor& x, const Tensor& branch,
                                         const NormWeights& norm) {
  if (!has_kernel(x, norm) || branch.sizes() != x.sizes()) {
    const Tensor sum = x + branch;
    return {sum, plain_norm(sum, norm)};
  }
  const variable_list both =
      FusedAddNorm::apply(x, branch, norm.weight, norm.bias, norm.eps, product_type(x));
  return {both[0], both[1]};
}

Tensor add_branch(const Tensor& x, const Tensor& branch) {
  const bool mixed = x.scalar_type() == at::kFloat && branch.scalar_type() == at::kBFloat16;
  if (!mixed || !x.device().is_cpu() || x.sizes() != branch.sizes() || !use_own_kernels())
    return x + branch;
  return FusedAdd::apply(x, branch);
}

}  // namespace mae
