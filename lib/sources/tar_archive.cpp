#include "mae/sources/tar_archive.h"

#include <algorithm>
#include <map>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/sources/first_look.h"

namespace mae {
namespace {

constexpr int64_t kBlock = 512;
constexpr int64_t kMaxExtensionBytes = int64_t{1} << 20;  // long names and pax records

/// Positions of the fields of a header block that matter here.
struct Field {
  size_t offset, size;
};
constexpr Field kName{0, 100}, kSize{124, 12}, kChecksum{148, 8}, kPrefix{345, 155};
constexpr size_t kType = 156, kMagic = 257;

std::string text_of(const std::string& block, Field field) {
  const std::string raw = block.substr(field.offset, field.size);
  return raw.substr(0, raw.find('\0'));
}

class TarReader {
 public:
  explicit TarReader(const std::string& path) : file_(path) {}

  std::vector<TarMember> members() {
    for (;;) {
      if (at_ >= file_.size()) fail("the archive is cut off: it has no end mark");
      const std::string block = read(at_, kBlock, "a header");
      if (block.find_first_not_of('\0') == std::string::npos) break;  // the end mark
      check_checksum(block);
      at_ += kBlock;
      const int64_t size = next_size_ >= 0 ? next_size_ : number(block, kSize);
      if (size > file_.size() - at_) fail("the archive ends inside the member " + name_of(block));
      take(block, size);
      at_ += (size + kBlock - 1) / kBlock * kBlock;
    }
    return std::move(members_);
  }

 private:
  /// One member: an extension that speaks of the next one, or a file.
  void take(const std::string& block, int64_t size) {
    switch (block[kType]) {
      case 'L':
        next_name_ = extension(size);
        next_name_.resize(std::min(next_name_.find('\0'), next_name_.size()));
        return;
      case 'x':
        read_pax(extension(size));
        return;
      case 'K':
      case 'g':
        extension(size);  // link targets and global records: only their size is checked
        return;
      case 'S':
        fail("the member " + name_of(block) + " is sparse, which is not supported");
      case '0':
      case '\0':
      case '7':
        add(name_of(block), size);
        break;
      default:
        break;  // folders, links, devices
    }
    next_name_.clear();
    next_size_ = -1;
  }

  void add(std::string name, int64_t size) {
    while (name.compare(0, 2, "./") == 0) name.erase(0, 2);
    name.erase(0, std::min(name.find_first_not_of('/'), name.size()));
    if (name.empty() || name.back() == '/') return;  // old archives mark folders by a slash
    const auto [where, is_new] = index_.emplace(name, members_.size());
    if (is_new) members_.push_back({name, at_, size});
    members_[where->second] = {name, at_, size};
  }

  /// Records "LENGTH KEY=VALUE\n"; path and size override the header's.
  void read_pax(const std::string& records) {
    for (size_t at = 0; at < records.size();) {
      const size_t space = records.find(' ', at);
      size_t length = 0;
      for (size_t i = at; i < std::min(space, records.size()); ++i) {
        if (records[i] < '0' || records[i] > '9' || length > records.size())
          fail("a pax record is damaged");
        length = length * 10 + static_cast<size_t>(records[i] - '0');
      }
      if (space == std::string::npos || length > records.size() - at || at + length <= space + 1) {
        fail("a pax record is damaged");
      }
      const std::string record = records.substr(space + 1, at + length - space - 2);
      const size_t equals = record.find('=');
      if (equals == std::string::npos) fail("a pax record is damaged");
      const std::string key = record.substr(0, equals), value = record.substr(equals + 1);
      if (key == "path") next_name_ = value;
      if (key == "size") next_size_ = decimal(value);
      if (key.compare(0, 11, "GNU.sparse.") == 0) fail("sparse members are not supported");
      at += length;
    }
  }

  int64_t decimal(const std::string& text) const {
    constexpr size_t kMaxDigits = 18;
    if (text.empty() || text.size() > kMaxDigits ||
        text.find_first_not_of("0123456789") != std::string::npos) {
      fail("a pax size is damaged");
    }
    return std::stoll(text);
  }

  /// Octal text, or big-endian binary marked by the top bit (GNU, for 8 GiB and more).
  int64_t number(const std::string& block, Field field) const {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(block[field.offset + i]); };
    uint64_t value = 0;
    if (byte(0) & 0x80) {
      for (size_t i = 1; i < field.size; ++i) {
        if (value >> 54) fail("a member's size is damaged");
        value = value << 8 | byte(i);
      }
      return static_cast<int64_t>(value);
    }
    for (size_t i = 0; i < field.size && byte(i) != 0; ++i) {
      if (byte(i) == ' ') continue;
      if (byte(i) < '0' || byte(i) > '7') fail("a number in a header is damaged");
      value = value * 8 + (byte(i) - '0');
    }
    return static_cast<int64_t>(value);
  }

  void check_checksum(const std::string& block) const {
    int64_t sum = 0;
    for (size_t i = 0; i < block.size(); ++i) {
      const bool in_checksum = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
      sum += in_checksum ? ' ' : static_cast<uint8_t>(block[i]);
    }
    if (sum != number(block, kChecksum)) fail("a header fails its checksum");
  }

  std::string name_of(const std::string& block) const {
    if (!next_name_.empty()) return next_name_;
    const bool posix = block.compare(kMagic, 6, std::string("ustar\0", 6)) == 0;
    const std::string prefix = posix ? text_of(block, kPrefix) : "";
    return prefix.empty() ? text_of(block, kName) : prefix + "/" + text_of(block, kName);
  }

  std::string extension(int64_t size) {
    if (size > kMaxExtensionBytes) fail("a long name is absurdly long");
    return read(at_, size, "a long name");
  }

  std::string read(int64_t offset, int64_t size, const std::string& what) const {
    if (size > file_.size() - offset) fail("the archive ends inside " + what);
    std::string bytes(static_cast<size_t>(size), '\0');
    file_.read_exactly(offset, bytes.data(), bytes.size());
    return bytes;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(printable(what) + " (at byte " + std::to_string(at_) + ")", file_.path(),
                    "check it with: tar -tf " + printable(file_.path()));
  }

  InputFile file_;
  int64_t at_ = 0;
  std::string next_name_;
  int64_t next_size_ = -1;
  std::vector<TarMember> members_;
  std::map<std::string, size_t> index_;
};

}  // namespace

std::vector<TarMember> read_tar(const std::string& path) {
  look_first(path, "tar", [&] { TarReader(path).members(); });
  return TarReader(path).members();
}

bool looks_like_tar(const std::string& first_bytes) {
  return first_bytes.size() >= kBlock && first_bytes.compare(kMagic, 5, "ustar") == 0;
}

}  // namespace mae
