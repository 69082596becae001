#include "mae/train/nccl_module.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "mae/base/error.h"

namespace mae {
namespace {

constexpr char kFile[] = "libmae_nccl.so", kFunction[] = "mae_make_nccl_backend";

/// The folder of the running program, with its slash.
std::string program_folder() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  const std::string program(path, length > 0 ? static_cast<size_t>(length) : 0);
  return program.substr(0, program.rfind('/') + 1);
}

}  // namespace

MakeNcclBackend load_nccl_module() {
  const std::string folder = program_folder();
  void* module = nullptr;
  std::string reason = "it is neither beside the program nor in ../lib";
  for (const std::string& path : {folder + kFile, folder + "../lib/" + kFile}) {
    if (::access(path.c_str(), F_OK) != 0) continue;
    module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (module != nullptr) break;
    reason = ::dlerror();
  }
  void* function = module == nullptr ? nullptr : ::dlsym(module, kFunction);
  if (function == nullptr)
    throw ResourceError("cannot be loaded: " + reason, kFile,
                        "several processes on CUDA need a build with the CUDA toolkit and NCCL; or "
                        "use --device cpu");
  return reinterpret_cast<MakeNcclBackend>(function);
}

}  // namespace mae
