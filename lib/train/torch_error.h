// LibTorch's exceptions that a user can meet, turned into ours.
#pragma once

#include <c10/util/Exception.h>

#include <string>

namespace mae {

/// Throws ResourceError for exhausted memory and failing devices; returns for anything else, which
/// is a mistake of ours.
void throw_if_resource(const c10::Error& error, const std::string& device);

/// Runs `work`, whose LibTorch exceptions become ours where throw_if_resource knows them.
template <typename Work>
auto with_torch_errors(const std::string& device, Work work) {
  try {
    return work();
  } catch (const c10::Error& error) {
    throw_if_resource(error, device);
    throw;
  }
}

}  // namespace mae
