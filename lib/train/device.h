// Where and in what precision a model runs.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <string>

namespace mae {

/// "cpu", "cuda", "cuda:1". With CUDA, LibTorch's CUDA half is loaded here. throws UsageError for
/// other words, ResourceError when there is no such device or no CUDA half beside LibTorch.
c10::Device open_device(const std::string& name);

/// What "auto", "float32", "bfloat16" or "int8" means on this device: auto is bfloat16 where
/// products of it are fast (has_bfloat16_products(), CUDA), else float32. throws UsageError for
/// other words and for int8 elsewhere than on the CPU,
/// ResourceError where the processor has no such products.
std::string settle_dtype(const std::string& name, c10::Device device);

/// "float32", "bfloat16" ("float64" for tests); UsageError otherwise.
at::ScalarType parse_dtype(const std::string& name);

/// While it lives, matrix products run in `dtype` on `device` through autocast (bfloat16); float32
/// changes nothing. Weights stay float32.
class AutocastGuard {
 public:
  AutocastGuard(c10::Device device, at::ScalarType dtype);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  at::DeviceType device_;
  bool active_, previous_ = false;
};

/// Sets LibTorch's thread count (intra-op) once.
void set_compute_threads(int threads);

}  // namespace mae
