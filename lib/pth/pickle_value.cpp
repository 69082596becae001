#include "mae/pth/pickle_value.h"

namespace mae::pth {
namespace {

constexpr int kMaxDepth = 32;
constexpr int kMaxValues = 100'000;

class JsonMaker {
 public:
  explicit JsonMaker(const Pickle& pickle) : pickle_(pickle) {}

  nlohmann::json make(NodeId id, int depth) {
    if (depth > kMaxDepth || ++values_ > kMaxValues) return nullptr;
    const PickleNode& node = pickle_[id];
    switch (node.kind) {
      case PickleKind::kBool:
        return node.integer != 0;
      case PickleKind::kInteger:
        return node.integer;
      case PickleKind::kFloat:
        return node.number;
      case PickleKind::kText:
        return node.text;
      case PickleKind::kTuple:
      case PickleKind::kList:
      case PickleKind::kSet:
        return list(node, depth);
      case PickleKind::kDict:
        return dict(node, depth);
      case PickleKind::kObject:
        // A Namespace keeps its fields in its state.
        if (node.text == "argparse Namespace" && node.integer == 1)
          return make(node.items.back(), depth + 1);
        return "<" + node.text + ">";
      case PickleKind::kGlobal:
        return "<" + node.text + ">";
      case PickleKind::kNone:
      case PickleKind::kBigInteger:
      case PickleKind::kBytes:
      case PickleKind::kPersistent:
        break;
    }
    return nullptr;
  }

 private:
  nlohmann::json list(const PickleNode& node, int depth) {
    nlohmann::json json = nlohmann::json::array();
    for (const NodeId item : node.items) {
      if (values_ > kMaxValues) break;
      json.push_back(make(item, depth + 1));
    }
    return json;
  }
  nlohmann::json dict(const PickleNode& node, int depth) {
    nlohmann::json json = nlohmann::json::object();
    for (size_t i = 0; i + 1 < node.items.size() && values_ <= kMaxValues; i += 2) {
      const PickleNode& key = pickle_[node.items[i]];
      const std::string name =
          key.kind == PickleKind::kText ? key.text : std::to_string(key.integer);
      json[name] = make(node.items[i + 1], depth + 1);
    }
    return json;
  }

  const Pickle& pickle_;
  int values_ = 0;
};

}  // namespace

const PickleNode* Pickle::find(const PickleNode& dict, const std::string& key) const {
  if (dict.kind != PickleKind::kDict) return nullptr;
  const PickleNode* found = nullptr;  // the last of equal keys counts, as in Python
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleNode& name = nodes[dict.items[i]];
    if (name.kind == PickleKind::kText && name.text == key) found = &nodes[dict.items[i + 1]];
  }
  return found;
}

nlohmann::json Pickle::to_json(NodeId id) const { return JsonMaker(*this).make(id, 0); }

}  // namespace mae::pth
