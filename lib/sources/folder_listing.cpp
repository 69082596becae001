// Walks folders for list_folder.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "mae/base/error.h"
#include "mae/base/file_handles.h"
#include "mae/base/log.h"
#include "mae/sources/file_source.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

using FolderId = std::pair<dev_t, ino_t>;

std::string lower_case_ending(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return "";
  std::string ending = name.substr(dot);
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return ending;
}

bool is_one_of(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return text == word; });
}

/// What a walk found: picture paths relative to its start, and how many files it passed over.
struct Found {
  std::vector<std::string> pictures;
  int64_t unsupported = 0;
  std::string first_unsupported;
};

class Walk {
 public:
  explicit Walk(std::string root) : root_(std::move(root)) {}

  /// Pictures in root/relative and below, or only in it; sorted by path.
  Found files_of(const std::string& relative, bool recursive) {
    Found found;
    visit(relative, recursive, &found);
    std::sort(found.pictures.begin(), found.pictures.end());
    return found;
  }

  std::vector<std::string> folders() const {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : open(root_)) {
      const std::string name = entry.path().filename().string();
      std::error_code ignored;
      if (name[0] != '.' && entry.is_directory(ignored)) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  static fs::directory_iterator open(const std::string& path) {
    std::error_code error;
    fs::directory_iterator folder(path, error);
    check_listing(error, path);
    return folder;
  }

  void visit(const std::string& relative, bool recursive, Found* found) {
    const std::string path = relative.empty() ? root_ : root_ + "/" + relative;
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return;
    const FolderId id{status.st_dev, status.st_ino};
    if (!above_.insert(id).second) {
      log_warning(printable(path) + ": a link back to a folder above it is not followed");
      return;
    }
    for (const fs::directory_entry& entry : open(path)) {
      const std::string name = entry.path().filename().string();
      if (name[0] == '.') continue;
      const std::string below = relative.empty() ? name : relative + "/" + name;
      std::error_code ignored;
      if (entry.is_directory(ignored)) {
        if (recursive) visit(below, true, found);
      } else {
        classify(below, found);
      }
    }
    above_.erase(id);
  }

  static void classify(const std::string& path, Found* found) {
    if (has_image_ending(path)) {
      found->pictures.push_back(path);
    } else if (is_one_of(lower_case_ending(path),
                         {".gif", ".avif", ".heic", ".jp2", ".jxl", ".svg"})) {
      if (found->unsupported++ == 0) found->first_unsupported = path;
    } else {
      log_debug(printable(path) + ": left out, its ending is not a picture's");
    }
  }

  std::string root_;
  std::set<FolderId> above_;  ///< folders between the root and here
};

void add(const std::string& root, const Found& found, const std::string& label,
         std::vector<FileEntry>* entries) {
  for (const std::string& name : found.pictures) {
    entries->push_back({root + "/" + name, name, label, ""});
  }
  if (found.unsupported > 0) {
    log_warning(std::to_string(found.unsupported) +
                " pictures in formats that are not supported are left out (the first is " +
                printable(root + "/" + found.first_unsupported) + ")");
  }
}

/// A folder of splits looks like one of classes; taking it for one would give labels that mean
/// nothing.
void refuse_splits(const std::string& root, const std::vector<std::string>& folders) {
  const bool only_splits = std::all_of(folders.begin(), folders.end(), [](const std::string& name) {
    return is_one_of(name, {"train", "training", "val", "valid", "validation", "test", "testing"});
  });
  if (folders.size() < 2 || !only_splits) return;
  throw DataError("the folder holds splits (" + folders[0] + ", " + folders[1] + "), not classes",
                  root, "give one of them: " + root + "/" + folders[0]);
}

}  // namespace

void check_listing(const std::error_code& error, const std::string& folder) {
  check_file_handles(error.value(), folder);
  if (error) throw DataError("the folder cannot be read: " + error.message(), folder);
}

std::vector<FileEntry> list_folder(const std::string& folder) {
  std::string root = folder;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  Walk walk(root);
  const std::vector<std::string> classes = walk.folders();
  std::vector<FileEntry> entries;
  std::vector<std::string> empty;
  for (const std::string& name : classes) {
    const size_t before = entries.size();
    add(root, walk.files_of(name, /*recursive=*/true), name, &entries);
    if (entries.size() == before) empty.push_back(name);
  }
  const Found loose = walk.files_of("", /*recursive=*/false);
  if (entries.empty()) {
    add(root, loose, "", &entries);
    return entries;
  }
  refuse_splits(root, classes);
  for (const std::string& name : empty) {
    log_warning(printable(root + "/" + name) + ": no pictures are in it, so it is no class");
  }
  if (!loose.pictures.empty()) {
    log_warning(printable(root) + ": " + std::to_string(loose.pictures.size()) +
                " pictures beside the class folders are left out");
  }
  return entries;
}

bool has_image_ending(const std::string& name) {
  return is_one_of(lower_case_ending(name), {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp",
                                             ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"});
}

}  // namespace mae
