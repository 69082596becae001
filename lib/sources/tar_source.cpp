#include "mae/sources/tar_source.h"

#include <set>
#include <unordered_map>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/text.h"
#include "mae/sources/class_labels.h"
#include "mae/sources/file_source.h"
#include "mae/sources/tar_archive.h"

namespace mae {
namespace {

constexpr int64_t kMaxTextBytes = 64 << 10;  // of one label or caption

class TarSource : public ImageSource {
 public:
  TarSource(std::shared_ptr<InputFile> file, std::vector<SourceItem> items,
            std::vector<std::string> class_names, SourcePart part, std::vector<TarMember> members)
      : ImageSource(std::move(items), std::move(class_names), {std::move(part)}),
        file_(std::move(file)),
        members_(std::move(members)) {}

  std::string read(int64_t i) const override {
    const TarMember& member = members_[static_cast<size_t>(i)];
    if (member.size > kMaxInputBytes)
      throw DataError("the picture is larger than 256 MiB", where(i));
    std::string bytes(static_cast<size_t>(member.size), '\0');
    file_->read_exactly(member.offset, bytes.data(), bytes.size());
    return bytes;
  }
  std::string where(int64_t i) const override {
    return file_->path() + ":" + members_[static_cast<size_t>(i)].name;
  }

 private:
  std::shared_ptr<InputFile> file_;
  std::vector<TarMember> members_;
};

std::string folder_of(const std::string& name) {
  const size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

std::string last_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// webdataset: everything up to the first dot of the file name.
std::string key_of(const std::string& name) {
  const size_t slash = name.rfind('/');
  return name.substr(0, name.find('.', slash == std::string::npos ? 0 : slash));
}

/// Small text members by key: all .cls or all .txt files.
class TextMembers {
 public:
  TextMembers(const InputFile& file, const std::vector<TarMember>& members,
              const std::string& ending) {
    for (const TarMember& member : members) {
      if (ends_with(member.name, ending)) texts_[key_of(member.name)] = read(file, member);
    }
  }
  bool empty() const { return texts_.empty(); }
  std::string at(const std::string& name) const {
    const auto found = texts_.find(key_of(name));
    return found == texts_.end() ? "" : found->second;
  }

 private:
  static std::string read(const InputFile& file, const TarMember& member) {
    if (member.size > kMaxTextBytes) {
      throw DataError("the label or caption is larger than 64 KiB",
                      file.path() + ":" + member.name);
    }
    std::string text(static_cast<size_t>(member.size), '\0');
    file.read_exactly(member.offset, text.data(), text.size());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
      text.pop_back();
    return text;
  }
  std::unordered_map<std::string, std::string> texts_;
};

/// The members below `folder`.
std::vector<TarMember> below(const std::vector<TarMember>& members, const std::string& folder) {
  if (folder.empty()) return members;
  std::vector<TarMember> out;
  for (const TarMember& member : members) {
    if (member.name.compare(0, folder.size() + 1, folder + "/") == 0) out.push_back(member);
  }
  return out;
}

}  // namespace

std::unique_ptr<ImageSource> open_tar_source(const std::string& operand, const std::string& path,
                                             const std::string& folder) {
  auto file = std::make_shared<InputFile>(path);
  const std::vector<TarMember> members = below(read_tar(path), folder);
  const TextMembers classes(*file, members, ".cls"), captions(*file, members, ".txt");
  std::vector<TarMember> pictures;
  std::set<std::string> folders;
  for (const TarMember& member : members) {
    if (!has_image_ending(member.name) || last_of(member.name)[0] == '.') continue;
    pictures.push_back(member);
    folders.insert(folder_of(member.name));
  }
  if (pictures.empty()) throw DataError("no pictures are in it", operand);

  const bool class_folders = classes.empty() && folders.size() > 1;
  std::vector<std::string> texts;
  std::vector<SourceItem> items;
  for (const TarMember& picture : pictures) {
    texts.push_back(class_folders ? last_of(folder_of(picture.name)) : classes.at(picture.name));
    const std::string name = folder.empty() ? picture.name : picture.name.substr(folder.size() + 1);
    items.push_back({name, -1, captions.at(picture.name)});
  }
  ClassLabels resolved = resolve_labels(
      texts, class_folders ? LabelText::kAlwaysNames : LabelText::kNumbersWhereAllAre, operand);
  for (size_t i = 0; i < items.size(); ++i) items[i].label = resolved.labels[i];
  const SourcePart part{operand, 0, static_cast<int64_t>(items.size())};
  return std::make_unique<TarSource>(std::move(file), std::move(items),
                                     std::move(resolved.class_names), part, std::move(pictures));
}

}  // namespace mae
