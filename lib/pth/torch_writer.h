// A `.pth` file that torch.load(weights_only=True) reads: {"model": {name: tensor}, further texts}.
#pragma once

#include <map>
#include <string>

#include "mae/base/atomic_file.h"
#include "mae/io/safetensors_file.h"

namespace mae::pth {

/// Writes atomically. `texts` join the dictionary as strings. Equal input, equal bytes.
/// throws UsageError  an element type PyTorch has no storage for; ResourceError as AtomicFile
void write_torch_file(const std::string& path, const std::map<std::string, TensorView>& tensors,
                      const std::map<std::string, std::string>& texts,
                      Overwrite overwrite = Overwrite::kReplace);

}  // namespace mae::pth
