#include "mae/models/element_type.h"

#include "mae/base/error.h"

namespace mae {
namespace {

struct TypePair {
  ElementType stored;
  at::ScalarType torch;
};
constexpr TypePair kTypes[] = {
    {ElementType::kBool, at::kBool},         {ElementType::kUint8, at::kByte},
    {ElementType::kInt8, at::kChar},         {ElementType::kUint16, at::kUInt16},
    {ElementType::kInt16, at::kShort},       {ElementType::kInt32, at::kInt},
    {ElementType::kInt64, at::kLong},        {ElementType::kFloat16, at::kHalf},
    {ElementType::kBfloat16, at::kBFloat16}, {ElementType::kFloat32, at::kFloat},
    {ElementType::kFloat64, at::kDouble}};

}  // namespace

at::ScalarType torch_type(ElementType type) {
  for (const TypePair& pair : kTypes) {
    if (pair.stored == type) return pair.torch;
  }
  return at::kFloat;
}

ElementType stored_type(at::ScalarType type, const std::string& name) {
  for (const TypePair& pair : kTypes) {
    if (pair.torch == type) return pair.stored;
  }
  throw UsageError("a checkpoint cannot hold elements of type " + std::string(c10::toString(type)),
                   name);
}

}  // namespace mae
