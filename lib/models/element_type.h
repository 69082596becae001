// Element types of files and those of LibTorch.
#pragma once

#include <c10/core/ScalarType.h>

#include <string>

#include "mae/io/tensor_type.h"

namespace mae {

at::ScalarType torch_type(ElementType type);
/// throws UsageError naming `name` for a type that no file of ours holds
ElementType stored_type(at::ScalarType type, const std::string& name);

}  // namespace mae
