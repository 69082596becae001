// Devices and autocast. The CUDA half of LibTorch is loaded only when asked for, so that
// one program runs with and without it.
#include "mae/train/device.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include "mae/base/error.h"
#include "mae/base/processor.h"

namespace mae {
namespace {

void load_cuda();
int cuda_devices();
int cuda_index(const std::string& name);

}  // namespace

c10::Device open_device(const std::string& name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  const int index = cuda_index(name);
  load_cuda();
  const int devices = cuda_devices();
  if (devices == 0)
    throw ResourceError("no CUDA device was found", "--device " + name,
                        "check the driver with nvidia-smi, or use --device cpu");
  if (index >= devices)
    throw ResourceError("there is no such device; expected cuda:0 to cuda:" +
                            std::to_string(devices - 1) + ", got cuda:" + std::to_string(index),
                        "--device " + name, "choose another device");
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

std::string settle_dtype(const std::string& name, c10::Device device) {
  if (name == "auto") return device.is_cuda() || has_bfloat16_products() ? "bfloat16" : "float32";
  if (name != "int8") {
    parse_dtype(name);
    return name;
  }
  if (!device.is_cpu())
    throw UsageError("8-bit numbers are computed on the CPU alone", "--dtype int8",
                     "use --device cpu, or --dtype bfloat16");
  if (!has_int8_products())
    throw ResourceError("this processor has no 8-bit products (AVX512-VNNI)", "--dtype int8",
                        "use --dtype auto");
  return name;
}

at::ScalarType parse_dtype(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  if (name == "float64") return at::kDouble;
  throw UsageError("unknown type '" + name + "'; expected float32 or bfloat16", "--dtype");
}

AutocastGuard::AutocastGuard(c10::Device device, at::ScalarType dtype)
    : device_(device.type()), active_(dtype == at::kBFloat16) {
  if (!active_) return;
  previous_ = at::autocast::is_autocast_enabled(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, dtype);
  at::autocast::increment_nesting();
}

AutocastGuard::~AutocastGuard() {
  if (!active_) return;
  // The cached copies of the weights must not outlive the step that changes the weights.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, previous_);
}

namespace {

/// "cuda" -> 0, "cuda:2" -> 2. Throws UsageError for other words.
int cuda_index(const std::string& name) {
  const std::string prefix = "cuda:";
  if (name == "cuda") return 0;
  const std::string digits = name.compare(0, prefix.size(), prefix) == 0 ? name.substr(5) : "";
  if (digits.empty() || digits.size() > 2 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    throw UsageError("unknown device '" + name + "'; expected cpu, cuda or cuda:N", "--device");
  return std::stoi(digits);
}

/// Loads libtorch_cuda.so from the folder of the LibTorch in use; it registers its kernels by
/// itself.
void load_cuda() {
  Dl_info self{};
  if (dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &self) == 0 || !self.dli_fname)
    throw ResourceError("cannot tell where LibTorch lies", "--device cuda", "use --device cpu");
  const std::string cpu_half = self.dli_fname;
  const std::string path = cpu_half.substr(0, cpu_half.rfind('/') + 1) + "libtorch_cuda.so";
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) return;
  const char* reason = dlerror();
  throw ResourceError(
      "LibTorch's CUDA half cannot be loaded: " + std::string(reason ? reason : "unknown reason"),
      "--device cuda",
      "it needs a CUDA edition of LibTorch and the CUDA libraries that one was built with; "
      "or use --device cpu");
}

int cuda_devices() {
  const auto& hooks = at::detail::getCUDAHooks();
  return hooks.hasCUDA() ? static_cast<int>(hooks.getNumGPUs()) : 0;
}

}  // namespace
}  // namespace mae
