#include "mae/sources/file_source.h"

#include <utility>

#include "mae/base/error.h"
#include "mae/base/input_file.h"

namespace mae {
namespace {

class FileSource : public ImageSource {
 public:
  FileSource(std::vector<SourceItem> items, std::vector<std::string> class_names, SourcePart part,
             std::vector<std::string> paths)
      : ImageSource(std::move(items), std::move(class_names), {std::move(part)}),
        paths_(std::move(paths)) {}
  std::string read(int64_t i) const override { return read_file(paths_[static_cast<size_t>(i)]); }
  std::string where(int64_t i) const override { return paths_[static_cast<size_t>(i)]; }

 private:
  std::vector<std::string> paths_;
};

}  // namespace

std::unique_ptr<ImageSource> make_file_source(const std::string& operand,
                                              std::vector<FileEntry> entries, LabelText kind) {
  if (entries.empty()) throw DataError("no pictures are in it", operand);
  std::vector<std::string> texts;
  texts.reserve(entries.size());
  for (FileEntry& entry : entries) texts.push_back(std::move(entry.label));
  ClassLabels classes = resolve_labels(texts, kind, operand);
  std::vector<SourceItem> items(entries.size());
  std::vector<std::string> paths(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    items[i] = {std::move(entries[i].name), classes.labels[i], std::move(entries[i].caption)};
    paths[i] = std::move(entries[i].path);
  }
  const SourcePart part{operand, 0, static_cast<int64_t>(items.size())};
  return std::make_unique<FileSource>(std::move(items), std::move(classes.class_names), part,
                                      std::move(paths));
}

}  // namespace mae
