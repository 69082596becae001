// oneDNN through LibTorch's operators, which have no C++ functions of their own and are looked up
// by name.
#include "mae/nn/packed_linear.h"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "mae/ops/kernels/token_rows.h"

namespace mae {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;

const char* name_of(Activation activation) {
  return activation == Activation::kGelu ? "gelu" : "none";
}

bool has_operator(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""}).has_value();
}

// Boxed, since the C++ types behind a schema differ among versions of LibTorch.
template <typename... Arguments>
Tensor call_operator(const c10::OperatorHandle& handle, Arguments&&... arguments) {
  std::vector<c10::IValue> stack{c10::IValue(std::forward<Arguments>(arguments))...};
  handle.callBoxed(&stack);
  return stack.front().toTensor();
}

c10::OperatorHandle operator_of(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
}

// Arguments of an operation behind a product: none of those used here takes any.
Scalars no_scalars() { return Scalars(); }

std::optional<Tensor> cast(const Tensor& bias, at::ScalarType type) {
  std::optional<Tensor> added;
  if (bias.defined()) added = bias.to(type);
  return added;
}

class Bfloat16Linear : public PackedLinear {
 public:
  explicit Bfloat16Linear(const Tensor& weight) {
    static const auto reorder = operator_of("mkldnn::_reorder_linear_weight");
    weight_ = call_operator(reorder, weight.to(at::kBFloat16).contiguous(), c10::IValue());
  }

  Tensor forward(const Tensor& x, const Tensor& bias, Activation activation) const override {
    static const auto multiply = operator_of("mkldnn::_linear_pointwise");
    return call_operator(multiply, x.to(at::kBFloat16), weight_, cast(bias, at::kBFloat16),
                         name_of(activation), no_scalars(), "none");
  }

 private:
  Tensor weight_;  // opaque, in oneDNN's order
};

// The step and the zero of 8-bit numbers that stand for [low, high], 0 among them exactly.
struct ByteScale {
  float step = 1;
  float zero_point = 0;
};

ByteScale scale_of_range(double low, double high) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  const double step = std::max((high - low) / 255.0, 1e-12);
  return {static_cast<float>(step), static_cast<float>(std::nearbyint(-low / step))};
}

double rounding_error(const Tensor& values, const ByteScale& scale) {
  const Tensor whole =
      (values / scale.step).round().add(scale.zero_point).clamp(0, 255).sub(scale.zero_point);
  return (whole * scale.step - values).square().sum().item<double>();
}

// Of the whole range and parts of it.
ByteScale best_scale(const Tensor& values) {
  const double low = values.min().item<double>(), high = values.max().item<double>();
  ByteScale best = scale_of_range(low, high);
  double smallest = rounding_error(values, best);
  for (double part = 0.9; part > 0.25; part -= 0.1) {
    const ByteScale scale = scale_of_range(part * low, part * high);
    const double error = rounding_error(values, scale);
    if (error >= smallest) continue;
    smallest = error;
    best = scale;
  }
  return best;
}

class Int8Linear : public PackedLinear {
 public:
  Int8Linear(const Tensor& weight, const Tensor& rows) {
    const Tensor input_size = rows.abs().amax(/*dim=*/0).clamp_min(1e-5);     // [in]
    const Tensor weight_size = weight.abs().amax(/*dim=*/0).clamp_min(1e-5);  // [in]
    const Tensor smoothing = (input_size / weight_size).sqrt();               // [in]
    scale_ = best_scale(rows / smoothing);
    inverse_ = (smoothing * scale_.step).reciprocal().contiguous();
    const Tensor smooth = weight * smoothing;                              // [out, in]
    weight_step_ = (smooth.abs().amax(/*dim=*/1) / 127).clamp_min(1e-12);  // [out]
    const Tensor whole =
        (smooth / weight_step_.unsqueeze(1)).round().clamp(-127, 127).to(at::kChar);
    static const auto prepack = operator_of("onednn::qlinear_prepack");
    weight_ = call_operator(prepack, whole, c10::IValue());
    weight_zero_ = at::zeros({weight.size(0)}, at::kLong);
  }

  Tensor forward(const Tensor& x, const Tensor& bias, Activation activation) const override {
    static const auto multiply = operator_of("onednn::qlinear_pointwise");
    return call_operator(multiply, rounded(x), static_cast<double>(scale_.step),
                         static_cast<int64_t>(scale_.zero_point), weight_, weight_step_,
                         weight_zero_, cast(bias, at::kFloat), /*output_scale=*/1.0,
                         /*output_zero_point=*/int64_t{0}, at::kBFloat16, name_of(activation),
                         no_scalars(), "none");
  }

 private:
  Tensor rounded(const Tensor& x) const {
    const Tensor from = x.contiguous();
    const Tensor to = at::empty(from.sizes(), from.options().dtype(at::kByte));
    const kernels::TokenRowKernels& kernels = kernels::token_row_kernels();
    const int64_t columns = from.size(-1);
    const auto run = [&](const auto* elements, auto kernel) {
      using T = std::remove_const_t<std::remove_pointer_t<decltype(elements)>>;
      const kernels::RoundedRows<T> rows{columns, elements, inverse_.data_ptr<float>(),
                                         scale_.zero_point, to.data_ptr<uint8_t>()};
      at::parallel_for(0, from.numel() / columns, /*grain_size=*/16,
                       [&](int64_t begin, int64_t end) { kernel(rows, begin, end); });
    };
    if (from.scalar_type() == at::kBFloat16) {
      run(static_cast<const uint16_t*>(from.const_data_ptr()), kernels.round_bfloat16);
    } else {
      run(from.const_data_ptr<float>(), kernels.round_float);
    }
    return to;
  }

  ByteScale scale_;
  Tensor inverse_;      // [in] one over the step of each column
  Tensor weight_;       // opaque, in oneDNN's order
  Tensor weight_step_;  // [out]
  Tensor weight_zero_;  // [out] zeros
};

}  // namespace

bool can_pack_bfloat16() {
  const char* const supported = "mkldnn::_is_mkldnn_bf16_supported";
  if (!has_operator("mkldnn::_reorder_linear_weight") ||
      !has_operator("mkldnn::_linear_pointwise") || !has_operator(supported))
    return false;
  std::vector<c10::IValue> stack;
  operator_of(supported).callBoxed(&stack);
  return stack.front().toBool();
}

bool can_pack_int8() {
  return has_operator("onednn::qlinear_prepack") && has_operator("onednn::qlinear_pointwise");
}

std::shared_ptr<const PackedLinear> pack_bfloat16(const Tensor& weight) {
  return std::make_shared<Bfloat16Linear>(weight);
}

std::shared_ptr<const PackedLinear> pack_int8(const Tensor& weight, const InputSample& sample) {
  return std::make_shared<Int8Linear>(weight, sample.rows);
}

}  // namespace mae
