// From the nodes of _rebuild_tensor_v2 and its relatives to checked views of storages.
#include "mae/pth/torch_file.h"

#include <cstring>

#include "mae/base/confined_child.h"
#include "mae/base/error.h"

namespace mae::pth {
namespace {

constexpr size_t kMaxRank = 32;

const std::map<std::string, ElementType>& element_types() {
  static const std::map<std::string, ElementType> types = {
      {"torch FloatStorage", ElementType::kFloat32},
      {"torch DoubleStorage", ElementType::kFloat64},
      {"torch HalfStorage", ElementType::kFloat16},
      {"torch BFloat16Storage", ElementType::kBfloat16},
      {"torch LongStorage", ElementType::kInt64},
      {"torch IntStorage", ElementType::kInt32},
      {"torch ShortStorage", ElementType::kInt16},
      {"torch CharStorage", ElementType::kInt8},
      {"torch ByteStorage", ElementType::kUint8},
      {"torch BoolStorage", ElementType::kBool},
      {"torch float32", ElementType::kFloat32},
      {"torch float64", ElementType::kFloat64},
      {"torch float16", ElementType::kFloat16},
      {"torch bfloat16", ElementType::kBfloat16},
      {"torch int64", ElementType::kInt64},
      {"torch int32", ElementType::kInt32},
      {"torch int16", ElementType::kInt16},
      {"torch int8", ElementType::kInt8},
      {"torch uint8", ElementType::kUint8},
      {"torch bool", ElementType::kBool}};
  return types;
}

bool is_tensor(const PickleNode& node) {
  return node.kind == PickleKind::kObject && node.text.rfind("torch._utils _rebuild_", 0) == 0;
}

// A Parameter is a tensor in a wrapper; wrappers of wrappers are not written by anybody.
const PickleNode& unwrap_parameter(const Pickle& pickle, const PickleNode& node) {
  const bool wrapped = node.kind == PickleKind::kObject && !node.items.empty() &&
                       node.text.rfind("torch._utils _rebuild_parameter", 0) == 0;
  return wrapped ? pickle[node.items[0]] : node;
}

bool holds_tensors(const Pickle& pickle, const PickleNode& node) {
  if (node.kind != PickleKind::kDict) return false;
  for (size_t i = 1; i < node.items.size(); i += 2) {
    if (is_tensor(pickle[node.items[i]])) return true;
  }
  return false;
}

// Copies one dimension after the other; the last is the innermost loop.
void gather(const char* from, const TorchFile::Entry& entry, int64_t element, size_t dimension,
            char** out) {
  if (dimension == entry.shape.size()) {
    std::memcpy(*out, from, static_cast<size_t>(element));
    *out += element;
    return;
  }
  for (int64_t i = 0; i < entry.shape[dimension]; ++i)
    gather(from + i * entry.stride[dimension] * element, entry, element, dimension + 1, out);
}

bool is_contiguous(const TorchFile::Entry& entry) {
  int64_t expected = 1;
  for (size_t i = entry.shape.size(); i-- > 0;) {
    if (entry.shape[i] != 1 && entry.stride[i] != expected) return false;
    expected *= entry.shape[i];
  }
  return true;
}

}  // namespace

TorchFile::TorchFile(const std::string& path, const std::string& key) : path_(path) {
  check_file_in_child(path, path, "tensors of " + key,
                      [&] { TorchFile(path, key).read_through(); });
  container_ = open_torch_container(path);
  take_tensors(choose_dictionary(key));
}

void TorchFile::read_through() const {
  std::string bytes;
  for (const auto& [name, entry] : entries_) {
    bytes.resize(static_cast<size_t>(element_count(entry.shape, name) * element_size(entry.type)));
    read(name, bytes.data());
  }
}

const PickleNode& TorchFile::choose_dictionary(const std::string& key) {
  const Pickle& pickle = container_.pickle;
  const PickleNode& root = pickle[pickle.root];
  if (root.kind != PickleKind::kDict) {
    throw DataError("holds no dictionary of tensors", path_,
                    "save model.state_dict(), not the model itself");
  }
  if (key.empty() && holds_tensors(pickle, root)) return root;
  std::vector<std::string> candidates = {"model", "state_dict", "module"};
  if (!key.empty()) candidates = {key};
  for (const std::string& candidate : candidates) {
    const PickleNode* found = pickle.find(root, candidate);
    if (found == nullptr || !holds_tensors(pickle, *found)) continue;
    key_ = candidate;
    for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const PickleNode& name = pickle[root.items[i]];
      if (name.kind == PickleKind::kText && name.text != key_)
        rest_[name.text] = pickle.to_json(root.items[i + 1]);
    }
    return *found;
  }
  std::string keys;
  for (size_t i = 0; i + 1 < root.items.size() && keys.size() < 200; i += 2)
    keys += (i == 0 ? "" : ", ") + pickle[root.items[i]].text;
  throw DataError(key.empty()
                      ? "holds no dictionary of tensors; it has " + printable(keys)
                      : "has no dictionary of tensors named " + key + "; it has " + printable(keys),
                  path_, "name the right one with --key");
}

void TorchFile::take_tensors(const PickleNode& dictionary) {
  const Pickle& pickle = container_.pickle;
  for (size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
    const PickleNode &key = pickle[dictionary.items[i]], &value = pickle[dictionary.items[i + 1]];
    if (key.kind != PickleKind::kText || key.text.empty())
      throw DataError("has a tensor without a name", path_);
    if (!is_tensor(value)) {
      rest_[key.text] = pickle.to_json(dictionary.items[i + 1]);
      continue;
    }
    entries_[key.text] = tensor_entry(unwrap_parameter(pickle, value), key.text);
  }
}

// items: storage, offset, size, stride, then (v2) requires_grad and hooks, (v3) also the type.
TorchFile::Entry TorchFile::tensor_entry(const PickleNode& node, const std::string& name) const {
  const Pickle& pickle = container_.pickle;
  const auto refuse = [&](const std::string& what) {
    throw DataError("tensor " + what, path_ + ":" + printable(name),
                    "the file is damaged or made by hand");
  };
  const bool is_v3 = node.text == "torch._utils _rebuild_tensor_v3";
  const bool known = is_v3 || node.text == "torch._utils _rebuild_tensor_v2" ||
                     node.text == "torch._utils _rebuild_tensor";
  if (node.kind != PickleKind::kObject || !known || node.items.size() < (is_v3 ? 7U : 4U))
    refuse("is described in an unknown way");
  const PickleNode& persistent = pickle[node.items[0]];
  if (persistent.kind != PickleKind::kPersistent) refuse("has no storage");
  const PickleNode& storage = pickle[persistent.items[0]];
  if (storage.kind != PickleKind::kTuple || storage.items.size() < 5)
    refuse("has a storage without a description");
  if (storage.items.size() > 5 && pickle[storage.items[5]].kind != PickleKind::kNone)
    refuse("has a storage that is part of another");

  Entry entry;
  entry.storage = pickle[storage.items[2]].text;
  const std::string& type = is_v3 ? pickle[node.items[6]].text : pickle[storage.items[1]].text;
  const auto found = element_types().find(type);
  if (found == element_types().end()) refuse("has elements of type " + printable(type));
  entry.type = found->second;
  entry.offset = pickle[node.items[1]].integer;
  const auto numbers = [&](NodeId id, std::vector<int64_t>* out) {
    const PickleNode& list = pickle[id];
    const bool is_list = list.kind == PickleKind::kTuple || list.kind == PickleKind::kList;
    if (!is_list || list.items.size() > kMaxRank) refuse("has no proper shape");
    for (const NodeId item : list.items) {
      if (pickle[item].kind != PickleKind::kInteger) refuse("has a shape of something else");
      out->push_back(pickle[item].integer);
    }
  };
  numbers(node.items[2], &entry.shape);
  numbers(node.items[3], &entry.stride);
  check_bounds(entry, storage, name);
  return entry;
}

void TorchFile::check_bounds(const Entry& entry, const PickleNode& storage,
                             const std::string& name) const {
  const Pickle& pickle = container_.pickle;
  const std::string where = path_ + ":" + printable(name);
  const int64_t bytes = container_.storages->bytes(entry.storage);
  const int64_t element = element_size(entry.type), capacity = bytes / element;
  const int64_t declared = pickle[storage.items[4]].integer;
  int64_t declared_bytes = 0;
  const int64_t declared_size = storage_element_size(pickle[storage.items[1]].text);
  if (declared_size == 0 || __builtin_mul_overflow(declared, declared_size, &declared_bytes) ||
      declared_bytes != bytes) {
    throw DataError("its storage should have " + std::to_string(declared) + " elements but has " +
                        std::to_string(bytes) + " bytes",
                    where, "the file is damaged");
  }
  const int64_t count = element_count(entry.shape, where);
  if (entry.shape.size() != entry.stride.size() || entry.offset < 0 || entry.offset > capacity)
    throw DataError("tensor reaches outside its storage", where, "the file is damaged");
  if (count == 0) return;
  if (count > capacity)
    throw DataError("tensor repeats its storage: " + std::to_string(count) + " elements from " +
                        std::to_string(capacity),
                    where, "save it again after .contiguous()");
  __int128 last = entry.offset;  // neither factor exceeds 63 bits and there are at most 32 terms
  for (size_t i = 0; i < entry.shape.size(); ++i) {
    if (entry.stride[i] < 0)
      throw DataError("tensor reaches outside its storage", where, "the file is damaged");
    last += static_cast<__int128>(entry.shape[i] - 1) * entry.stride[i];
  }
  if (last >= capacity)
    throw DataError("tensor reaches outside its storage", where, "the file is damaged");
}

void TorchFile::read(const std::string& name, void* out) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw DataError("has no tensor " + name, path_);
  const Entry& entry = found->second;
  const int64_t count = element_count(entry.shape, path_), element = element_size(entry.type);
  if (count == 0) return;
  const int64_t bytes = container_.storages->bytes(entry.storage);
  if (entry.offset == 0 && count * element == bytes && is_contiguous(entry)) {
    container_.storages->read(entry.storage, out);
    return;
  }
  const char* first = storage_bytes(entry.storage).data() + entry.offset * element;
  if (is_contiguous(entry)) {
    std::memcpy(out, first, static_cast<size_t>(count * element));
    return;
  }
  char* cursor = static_cast<char*>(out);
  gather(first, entry, element, 0, &cursor);
}

const std::string& TorchFile::storage_bytes(const std::string& key) const {
  if (cached_key_ != key || cached_.empty()) {
    cached_key_.clear();
    cached_.resize(static_cast<size_t>(container_.storages->bytes(key)));
    container_.storages->read(key, cached_.data());
    cached_key_ = key;
  }
  return cached_;
}

}  // namespace mae::pth
