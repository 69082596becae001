#include "mae/train/cuda_module.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "mae/base/error.h"

namespace mae {
namespace {

/// The folder of the running program, with its slash.
std::string program_folder() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  const std::string program(path, length > 0 ? static_cast<size_t>(length) : 0);
  return program.substr(0, program.rfind('/') + 1);
}

/// throws ResourceError  with `hint`
void* load_function(const std::string& file, const char* name, const std::string& hint) {
  const std::string folder = program_folder();
  void* module = nullptr;
  std::string reason = "it is neither beside the program nor in ../lib";
  for (const std::string& path : {folder + file, folder + "../lib/" + file}) {
    if (::access(path.c_str(), F_OK) != 0) continue;
    module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (module != nullptr) break;
    reason = ::dlerror();
  }
  void* function = module == nullptr ? nullptr : ::dlsym(module, name);
  if (function == nullptr) throw ResourceError("cannot be loaded: " + reason, file, hint);
  return function;
}

}  // namespace

MakeNcclBackend load_nccl_module() {
  return reinterpret_cast<MakeNcclBackend>(
      load_function("libmae_nccl.so", "mae_make_nccl_backend",
                    "several processes on CUDA need a build with the CUDA toolkit and NCCL; or "
                    "use --device cpu"));
}

MakeWorkGraph load_graph_module() {
  return reinterpret_cast<MakeWorkGraph>(
      load_function("libmae_cuda_graph.so", "mae_make_work_graph",
                    "--cuda-graph needs a build with the CUDA toolkit; go without it"));
}

}  // namespace mae
