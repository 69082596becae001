// One opcode a case; the stack and the memo hold node indices only.
#include "mae/pth/pickle_reader.h"

#include <cstring>
#include <unordered_map>

#include "mae/base/error.h"
#include "mae/pth/little_endian.h"

namespace mae::pth {
namespace {

constexpr size_t kMaxNodes = 1'000'000;  // ViT-H's training checkpoint has some 60,000
constexpr size_t kMaxItems =
    4'000'000;  // of all containers together: copies of one are cheap to ask for

class PickleMachine {
 public:
  PickleMachine(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  Pickle run() {
    while (step(static_cast<unsigned char>(take(1)[0]))) {
    }
    pickle_.root = pop();
    pickle_.bytes = at_;
    return std::move(pickle_);
  }

 private:
  bool step(unsigned char opcode);
  bool step_number(unsigned char opcode);
  bool step_text(unsigned char opcode);
  bool step_container(unsigned char opcode);
  bool step_memo(unsigned char opcode);
  bool step_object(unsigned char opcode);

  [[noreturn]] void refuse(const std::string& what) const {
    throw DataError("its pickle " + what + " at byte " + std::to_string(at_), where_,
                    "the file is damaged or no checkpoint of PyTorch");
  }

  // Input.
  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) refuse("is cut short");
    const std::string_view part = bytes_.substr(at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return part;
  }
  uint64_t take_number(int count) {
    return little_endian(take(static_cast<uint64_t>(count)), 0, count);
  }
  std::string take_line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse("is cut short");
    std::string line(bytes_.substr(at_, end - at_));
    at_ = end + 1;
    return line;
  }

  // Stack.
  NodeId add(PickleNode node) {
    items_ += node.items.size();
    if (pickle_.nodes.size() >= kMaxNodes || items_ > kMaxItems)
      refuse("has more values than any checkpoint");
    pickle_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(pickle_.nodes.size() - 1);
  }
  void push(NodeId id) { stack_.push_back(id); }
  void push_new(PickleKind kind, std::string text = {}, std::vector<NodeId> items = {}) {
    PickleNode node;
    node.kind = kind;
    node.text = std::move(text);
    node.items = std::move(items);
    push(add(std::move(node)));
  }
  void push_integer(PickleKind kind, int64_t value) {
    PickleNode node;
    node.kind = kind;
    node.integer = value;
    push(add(std::move(node)));
  }
  // Values below the newest mark cannot be taken away from under it.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  NodeId pop() {
    if (stack_.size() <= floor()) refuse("takes a value from an empty stack");
    const NodeId id = stack_.back();
    stack_.pop_back();
    return id;
  }
  NodeId top() const {
    if (stack_.size() <= floor()) refuse("looks at an empty stack");
    return stack_.back();
  }
  std::vector<NodeId> pop_mark() {
    if (marks_.empty()) refuse("closes a group that was not opened");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<NodeId> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<NodeId> pop_several(int count) {
    std::vector<NodeId> items(static_cast<size_t>(count));
    for (int i = count - 1; i >= 0; --i) items[static_cast<size_t>(i)] = pop();
    return items;
  }
  void append(NodeId target, const std::vector<NodeId>& items, PickleKind kind) {
    PickleNode& node = pickle_.nodes[target];
    if (node.kind != kind) refuse("adds items to what cannot hold them");
    if (kind == PickleKind::kDict && items.size() % 2 != 0) refuse("has a key without a value");
    node.items.insert(node.items.end(), items.begin(), items.end());
  }
  void push_long(std::string_view little);
  void push_global(const std::string& name) {
    if (!is_known_global(name)) {
      const size_t space = name.find(' ');
      throw DataError("names " + name.substr(0, space) + "." + name.substr(space + 1) +
                          ", which no file of weights needs",
                      where_, "nothing was executed; ask its author for a file of tensors only");
    }
    push_new(PickleKind::kGlobal, name);
  }
  void call(NodeId callable, NodeId arguments);
  void set_state(NodeId target, NodeId state);

  std::string_view bytes_;
  std::string where_;
  size_t at_ = 0;
  Pickle pickle_;
  std::vector<NodeId> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, NodeId> memo_;
  size_t items_ = 0;
};

// Returns false at the end of the pickle.
bool PickleMachine::step(unsigned char opcode) {
  switch (opcode) {
    case 0x80: {  // PROTO
      const uint64_t protocol = take_number(1);
      if (protocol < 2 || protocol > 5)
        refuse("is of protocol " + std::to_string(protocol) + "; expected 2 to 5");
      return true;
    }
    case 0x95:  // FRAME: a hint for readers of streams
      take(8);
      return true;
    case '.':
      return false;
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case '0':
      pop();
      return true;
    case '1':
      pop_mark();
      return true;
    case '2':
      push(top());
      return true;
    default:
      break;
  }
  if (step_number(opcode) || step_text(opcode) || step_container(opcode) || step_memo(opcode) ||
      step_object(opcode)) {
    return true;
  }
  refuse("has the unknown opcode " + std::to_string(opcode));
}

bool PickleMachine::step_number(unsigned char opcode) {
  switch (opcode) {
    case 'N':
      push_new(PickleKind::kNone);
      return true;
    case 0x88:
      push_integer(PickleKind::kBool, 1);
      return true;
    case 0x89:
      push_integer(PickleKind::kBool, 0);
      return true;
    case 'J':
      push_integer(PickleKind::kInteger, static_cast<int32_t>(take_number(4)));
      return true;
    case 'K':
      push_integer(PickleKind::kInteger, static_cast<int64_t>(take_number(1)));
      return true;
    case 'M':
      push_integer(PickleKind::kInteger, static_cast<int64_t>(take_number(2)));
      return true;
    case 0x8a:
      push_long(take(take_number(1)));
      return true;
    case 0x8b:
      push_long(take(take_number(4)));
      return true;
    case 'G': {
      const std::string_view big = take(8);
      uint64_t bits = 0;
      for (const char byte : big) bits = bits << 8 | static_cast<unsigned char>(byte);
      PickleNode node;
      node.kind = PickleKind::kFloat;
      std::memcpy(&node.number, &bits, sizeof(bits));
      push(add(std::move(node)));
      return true;
    }
    default:
      return false;
  }
}

void PickleMachine::push_long(std::string_view little) {
  if (little.size() > 8) {
    push_new(PickleKind::kBigInteger, std::string(little));
    return;
  }
  uint64_t value = little_endian(little, 0, static_cast<int>(little.size()));
  const bool negative = !little.empty() && (static_cast<unsigned char>(little.back()) & 0x80) != 0;
  if (negative && little.size() < 8) value |= ~uint64_t{0} << (8 * little.size());
  push_integer(PickleKind::kInteger, static_cast<int64_t>(value));
}

bool PickleMachine::step_text(unsigned char opcode) {
  switch (opcode) {
    case 'X':
    case 'T':  // BINSTRING of Python 2
      push_new(PickleKind::kText, std::string(take(take_number(4))));
      return true;
    case 0x8c:
    case 'U':  // SHORT_BINSTRING of Python 2
      push_new(PickleKind::kText, std::string(take(take_number(1))));
      return true;
    case 0x8d:
      push_new(PickleKind::kText, std::string(take(take_number(8))));
      return true;
    case 'B':
      push_new(PickleKind::kBytes, std::string(take(take_number(4))));
      return true;
    case 'C':
      push_new(PickleKind::kBytes, std::string(take(take_number(1))));
      return true;
    case 0x8e:
    case 0x96:
      push_new(PickleKind::kBytes, std::string(take(take_number(8))));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_container(unsigned char opcode) {
  switch (opcode) {
    case ')':
      push_new(PickleKind::kTuple);
      return true;
    case 't':
      push_new(PickleKind::kTuple, {}, pop_mark());
      return true;
    case 0x85:
    case 0x86:
    case 0x87:
      push_new(PickleKind::kTuple, {}, pop_several(opcode - 0x84));
      return true;
    case ']':
      push_new(PickleKind::kList);
      return true;
    case 'l':
      push_new(PickleKind::kList, {}, pop_mark());
      return true;
    case 'a': {
      const NodeId item = pop();
      append(top(), {item}, PickleKind::kList);
      return true;
    }
    case 'e': {
      const std::vector<NodeId> items = pop_mark();
      append(top(), items, PickleKind::kList);
      return true;
    }
    case '}':
      push_new(PickleKind::kDict);
      return true;
    case 'd': {
      push_new(PickleKind::kDict);
      const NodeId dict = pop();
      append(dict, pop_mark(), PickleKind::kDict);
      push(dict);
      return true;
    }
    case 's': {
      const std::vector<NodeId> pair = pop_several(2);
      append(top(), pair, PickleKind::kDict);
      return true;
    }
    case 'u': {
      const std::vector<NodeId> items = pop_mark();
      append(top(), items, PickleKind::kDict);
      return true;
    }
    case 0x8f:
      push_new(PickleKind::kSet);
      return true;
    case 0x90: {
      const std::vector<NodeId> items = pop_mark();
      append(top(), items, PickleKind::kSet);
      return true;
    }
    case 0x91:
      push_new(PickleKind::kSet, {}, pop_mark());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_memo(unsigned char opcode) {
  const auto recall = [&](uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) refuse("recalls a value it did not keep");
    push(found->second);
  };
  switch (opcode) {
    case 'q':
      memo_[take_number(1)] = top();
      return true;
    case 'r':
      memo_[take_number(4)] = top();
      return true;
    case 0x94:
      memo_[memo_.size()] = top();
      return true;
    case 'h':
      recall(take_number(1));
      return true;
    case 'j':
      recall(take_number(4));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_object(unsigned char opcode) {
  switch (opcode) {
    case 'c': {
      const std::string module = take_line(), name = take_line();
      push_global(module + " " + name);
      return true;
    }
    case 0x93: {
      const std::vector<NodeId> parts = pop_several(2);
      const PickleNode &module = pickle_[parts[0]], &name = pickle_[parts[1]];
      if (module.kind != PickleKind::kText || name.kind != PickleKind::kText)
        refuse("has a global without a name");
      push_global(module.text + " " + name.text);
      return true;
    }
    case 'R':
    case 0x81: {  // NEWOBJ
      const std::vector<NodeId> parts = pop_several(2);
      call(parts[0], parts[1]);
      return true;
    }
    case 0x92: {  // NEWOBJ_EX: keyword arguments are kept beside the others
      const std::vector<NodeId> parts = pop_several(3);
      call(parts[0], parts[1]);
      return true;
    }
    case 'b': {
      const NodeId state = pop();
      set_state(top(), state);
      return true;
    }
    case 'Q':
      push_new(PickleKind::kPersistent, {}, {pop()});
      return true;
    default:
      return false;
  }
}

// Containers become containers; everything else stays the name of what was to be called.
void PickleMachine::call(NodeId callable, NodeId arguments) {
  const PickleNode& function = pickle_[callable];
  if (function.kind != PickleKind::kGlobal) refuse("calls something without a name");
  const PickleNode& tuple = pickle_[arguments];
  if (tuple.kind != PickleKind::kTuple) refuse("calls " + function.text + " without arguments");
  const std::string name = function.text;
  const std::vector<NodeId> items = tuple.items;
  const bool is_dict = name == "collections OrderedDict" || name == "collections defaultdict" ||
                       name == "builtins dict" || name == "__builtin__ dict";
  if (is_dict && (items.empty() || name == "collections defaultdict")) {
    push_new(PickleKind::kDict);
  } else if (is_dict) {  // Python 2 passed a list of pairs
    PickleNode dict;
    dict.kind = PickleKind::kDict;
    const std::vector<NodeId> pairs = pickle_[items[0]].items;
    for (const NodeId pair : pairs) {
      if (pickle_[pair].items.size() != 2) refuse("has a dictionary of something else than pairs");
      dict.items.push_back(pickle_[pair].items[0]);
      dict.items.push_back(pickle_[pair].items[1]);
    }
    push(add(std::move(dict)));
  } else {
    push_new(PickleKind::kObject, name, items);
  }
}

void PickleMachine::set_state(NodeId target, NodeId state) {
  PickleNode& node = pickle_.nodes[target];
  // A state_dict carries `_metadata` as its state, which says nothing about the tensors.
  if (node.kind == PickleKind::kDict) return;
  if (node.kind != PickleKind::kObject) refuse("gives a state to what has none");
  if (node.integer == 1) refuse("gives a state twice");
  node.items.push_back(state);
  node.integer = 1;
}

}  // namespace

Pickle parse_pickle(std::string_view bytes, const std::string& where) {
  return PickleMachine(bytes, where).run();
}

bool is_known_global(const std::string& global) {
  static const char* const kKnown[] = {
      "argparse Namespace", "collections OrderedDict", "collections defaultdict",
      "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2",
      "torch._utils _rebuild_tensor_v3", "torch._utils _rebuild_parameter",
      "torch._utils _rebuild_parameter_with_state", "torch Size", "torch device", "torch dtype",
      // storages
      "torch FloatStorage", "torch DoubleStorage", "torch HalfStorage", "torch BFloat16Storage",
      "torch LongStorage", "torch IntStorage", "torch ShortStorage", "torch CharStorage",
      "torch ByteStorage", "torch BoolStorage", "torch.storage UntypedStorage",
      "torch.storage TypedStorage",
      // element types
      "torch float32", "torch float64", "torch float16", "torch bfloat16", "torch int64",
      "torch int32", "torch int16", "torch int8", "torch uint8", "torch bool",
      // plain values among training arguments
      "builtins dict", "builtins list", "builtins set", "builtins frozenset", "builtins tuple",
      "builtins complex", "builtins bytearray", "builtins slice", "builtins range",
      "__builtin__ dict", "__builtin__ list", "__builtin__ set", "__builtin__ tuple",
      "__builtin__ bytearray", "_codecs encode", "pathlib PosixPath", "pathlib WindowsPath",
      "pathlib PurePosixPath", "pathlib PureWindowsPath", "pathlib Path", "numpy dtype",
      "numpy ndarray", "numpy.core.multiarray scalar", "numpy._core.multiarray scalar",
      "numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct"};
  for (const char* known : kKnown) {
    if (global == known) return true;
  }
  return false;
}

}  // namespace mae::pth
