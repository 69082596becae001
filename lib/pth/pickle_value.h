// What a pickle says, as inert nodes: numbers, texts, containers, and the names of what Python
// would have called. Nodes are shared by index, as Python's objects are, and may form cycles: walk
// them along known paths or with a budget.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mae::pth {

enum class PickleKind {
  kNone,
  kBool,
  kInteger,
  kBigInteger,  ///< more than 64 bits; `text` holds its little-endian bytes
  kFloat,
  kText,
  kBytes,
  kTuple,
  kList,
  kSet,
  kDict,        ///< items alternate: key, value
  kGlobal,      ///< `text` is "module name"
  kObject,      ///< `text` is what would have been called, items are its arguments, then, with
                ///< `integer` 1, its state
  kPersistent,  ///< a storage of torch.save; items[0] is its description
};

using NodeId = uint32_t;

struct PickleNode {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;  ///< kBool, kInteger
  double number = 0;    ///< kFloat
  std::string text;
  std::vector<NodeId> items;
};

struct Pickle {
  std::vector<PickleNode> nodes;
  NodeId root = 0;
  size_t bytes = 0;  ///< how much of the input it took

  const PickleNode& operator[](NodeId id) const { return nodes[id]; }
  /// Value of a text key in a dictionary; null when `dict` is none or has no such key.
  const PickleNode* find(const PickleNode& dict, const std::string& key) const;
  /// Plain data as JSON: a Namespace becomes an object, other objects the text "<module name>".
  /// Parts beyond 32 levels or 100,000 values become null.
  nlohmann::json to_json(NodeId id) const;
};

}  // namespace mae::pth
