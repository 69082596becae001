// The CPU allocator has no exception type of its own, so its words are looked for.
#include "mae/train/torch_error.h"

#include "mae/base/error.h"

namespace mae {

void throw_if_resource(const c10::Error& error, const std::string& device) {
  const std::string text = error.what_without_backtrace();
  const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
  const std::string where = "--device " + device;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) || says("can't allocate memory"))
    throw ResourceError("out of memory", where,
                        "use a smaller --batch-size, with --accum-iter to keep the effective one");
  if (says("CUDA error") || says("CUDA driver"))
    throw ResourceError(text.substr(0, text.find('\n')), where,
                        "look at the device with nvidia-smi");
}

}  // namespace mae
