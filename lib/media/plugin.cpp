#include "mae/media/plugin.h"

#include <dlfcn.h>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"

namespace mae {

Plugin::Plugin(const std::string& library, const std::string& purpose, const std::string& hint)
    : library_(library), purpose_(purpose), hint_(hint) {
  const std::string installed = std::string(MAE_PLUGIN_FOLDER) + "/" + library;
  // Second, since a program that links the installed libraries has a run path of its own.
  handle_ = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* reason = dlerror();
    const std::string first = reason ? reason : "unknown";
    handle_ = dlopen(installed.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) check_file_handles(library_);
    if (handle_ == nullptr) throw ResourceError(purpose_ + ": " + first, library_, hint_);
  }
}

void* Plugin::symbol(const char* name) const {
  void* found = dlsym(handle_, name);
  if (found == nullptr) fail();
  return found;
}

void Plugin::fail() const {
  const char* reason = dlerror();
  throw ResourceError(purpose_ + ": " + (reason ? reason : "unknown"), library_, hint_);
}

}  // namespace mae
