#include "mae/pth/torch_storage.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/pth/little_endian.h"
#include "mae/pth/pickle_reader.h"
#include "mae/pth/zip_archive.h"

namespace mae::pth {
namespace {

constexpr int64_t kMaxPickleBytes = int64_t{64} << 20;
constexpr char kZipHead[] = "PK\x03\x04";
// 0x1950a86a20f9469cfc6c, the number that opens a file of the old container.
const std::string kLegacyMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

class ZipStorages : public TorchStorages {
 public:
  explicit ZipStorages(const std::string& path) : archive_(path) {
    constexpr char kPickle[] = "data.pkl";
    for (const auto& [name, entry] : archive_.entries()) {
      const size_t slash = name.rfind('/');
      const std::string leaf = slash == std::string::npos ? name : name.substr(slash + 1);
      if (leaf == kPickle && std::count(name.begin(), name.end(), '/') <= 1)
        prefix_ = name.substr(0, name.size() - leaf.size());
    }
    if (archive_.entries().count(prefix_ + kPickle) == 0)
      throw DataError("is a zip archive without data.pkl, no checkpoint of PyTorch", path);
    const std::string order = text(prefix_ + "byteorder", 16);
    if (!order.empty() && order != "little") {
      throw DataError("was written in byte order '" + printable(order) + "'; expected little", path,
                      "save it again on a little-endian machine");
    }
    pickle_text_ = text(prefix_ + kPickle, kMaxPickleBytes);
  }
  const std::string& pickle_text() const { return pickle_text_; }

  int64_t bytes(const std::string& key) const override { return entry(key).bytes; }
  void read(const std::string& key, void* out) const override {
    archive_.read(entry(key), key, out);
  }

 private:
  const ZipArchive::Entry& entry(const std::string& key) const {
    const auto found = archive_.entries().find(prefix_ + "data/" + key);
    if (found == archive_.entries().end())
      throw DataError("lacks the storage " + printable(key), archive_.path(), "copy it again");
    return found->second;
  }
  // Empty when there is no such entry.
  std::string text(const std::string& name, int64_t max_bytes) const {
    const auto found = archive_.entries().find(name);
    if (found == archive_.entries().end()) return {};
    if (found->second.bytes > max_bytes)
      throw DataError("its entry " + name + " is too large", archive_.path());
    std::string bytes(static_cast<size_t>(found->second.bytes), '\0');
    archive_.read(found->second, name, bytes.data());
    return bytes;
  }

  ZipArchive archive_;
  std::string prefix_, pickle_text_;
};

class LegacyStorages : public TorchStorages {
 public:
  explicit LegacyStorages(const std::string& path) : file_(path) {
    std::string head(static_cast<size_t>(std::min(file_.size(), kMaxPickleBytes)), '\0');
    file_.read_exactly(0, head.data(), head.size());
    std::string_view rest = head;
    const auto next = [&] {
      Pickle pickle = parse_pickle(rest, path);
      rest.remove_prefix(pickle.bytes);
      return pickle;
    };
    const Pickle magic = next(), version = next(), system = next();
    if (magic[magic.root].text != kLegacyMagic || version[version.root].integer != 1001)
      throw DataError("is a pickle but no checkpoint of PyTorch", path);
    const PickleNode* little = system.find(system[system.root], "little_endian");
    if (little == nullptr || little->integer != 1)
      throw DataError("was written on a big-endian machine", path,
                      "save it again on a little-endian machine");
    object_ = next();
    const Pickle keys = next();
    place_storages(keys, static_cast<int64_t>(head.size() - rest.size()));
  }
  Pickle take_object() { return std::move(object_); }

  int64_t bytes(const std::string& key) const override { return place(key).second; }
  void read(const std::string& key, void* out) const override {
    const auto [offset, bytes] = place(key);
    file_.read_exactly(offset, out, static_cast<size_t>(bytes));
  }

 private:
  using Place = std::pair<int64_t, int64_t>;  // offset and bytes

  const Place& place(const std::string& key) const {
    const auto found = places_.find(key);
    if (found == places_.end())
      throw DataError("lacks the storage " + printable(key), file_.path(), "copy it again");
    return found->second;
  }

  // The data follow in the order of `keys`, each behind its number of elements, whose size is said
  // only where the object mentions the storage.
  void place_storages(const Pickle& keys, int64_t at) {
    std::map<std::string, int64_t> element_sizes;
    for (const PickleNode& node : object_.nodes) {
      if (node.kind != PickleKind::kPersistent) continue;
      const PickleNode& description = object_[node.items[0]];
      if (description.kind != PickleKind::kTuple || description.items.size() < 5) continue;
      element_sizes[object_[description.items[2]].text] =
          storage_element_size(object_[description.items[1]].text);
    }
    if (keys[keys.root].kind != PickleKind::kList)
      throw DataError("lacks the list of its storages", file_.path());
    for (const NodeId id : keys[keys.root].items) {
      const std::string& key = keys[id].text;
      char count_bytes[8];
      file_.read_exactly(at, count_bytes, sizeof(count_bytes));
      const auto count = static_cast<int64_t>(little64({count_bytes, 8}, 0));
      const int64_t size = element_sizes[key];
      at += 8;
      if (size <= 0 || count < 0 || count > (file_.size() - at) / size)
        throw DataError("is cut short or damaged: storage " + printable(key) + " does not fit",
                        file_.path(), "copy it again");
      places_[key] = {at, count * size};
      at += count * size;
    }
    if (at != file_.size()) throw DataError("is damaged: bytes follow its end", file_.path());
  }

  InputFile file_;
  Pickle object_;
  std::map<std::string, Place> places_;
};

std::string head_of(const std::string& path) {
  const InputFile file(path);
  std::string head(16, '\0');
  head.resize(file.read_some(0, head.data(), head.size()));
  return head;
}

bool is_zip(const std::string& head) { return head.rfind(kZipHead, 0) == 0; }
bool is_legacy(const std::string& head) {
  return head.find(kLegacyMagic) == 4 && head[0] == '\x80';
}

}  // namespace

TorchContainer open_torch_container(const std::string& path) {
  const std::string head = head_of(path);
  TorchContainer container;
  if (is_zip(head)) {
    auto storages = std::make_unique<ZipStorages>(path);
    container.pickle = parse_pickle(storages->pickle_text(), path);
    container.storages = std::move(storages);
  } else if (is_legacy(head)) {
    auto storages = std::make_unique<LegacyStorages>(path);
    container.pickle = storages->take_object();
    container.storages = std::move(storages);
  } else {
    throw DataError("is no checkpoint of PyTorch: neither a zip archive nor the format before 1.6",
                    path, head.empty() ? "the file is empty" : "");
  }
  return container;
}

bool is_torch_file(const std::string& path) {
  const std::string head = head_of(path);
  return is_zip(head) || is_legacy(head);
}

int64_t storage_element_size(const std::string& global) {
  static const std::map<std::string, int64_t> sizes = {
      {"torch FloatStorage", 4},    {"torch DoubleStorage", 8},         {"torch HalfStorage", 2},
      {"torch BFloat16Storage", 2}, {"torch LongStorage", 8},           {"torch IntStorage", 4},
      {"torch ShortStorage", 2},    {"torch CharStorage", 1},           {"torch ByteStorage", 1},
      {"torch BoolStorage", 1},     {"torch.storage UntypedStorage", 1}};
  const auto found = sizes.find(global);
  return found == sizes.end() ? 0 : found->second;
}

}  // namespace mae::pth
