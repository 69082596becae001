// Pictures that are files of their own, however their list came about.
#pragma once

#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "mae/sources/class_labels.h"
#include "mae/sources/image_source.h"

namespace mae {

/// One picture file and what is known of it.
struct FileEntry {
  std::string path;            ///< to open
  std::string name;            ///< to show, relative to the input
  std::string label, caption;  ///< empty where unknown
};

/// operand  what the entries came from. Throws DataError when there are no entries.
std::unique_ptr<ImageSource> make_file_source(const std::string& operand,
                                              std::vector<FileEntry> entries, LabelText kind);

/// Entries of a folder: class folders when a subfolder holds pictures, else its own pictures
/// without labels. Hidden files and files with endings that are not pictures' are left out. Links
/// to folders are followed, but never in a circle. throws DataError  unreadable; folders of splits
/// (train, val) instead of classes
std::vector<FileEntry> list_folder(const std::string& folder);

/// What listing a folder ended with. throws DataError  unreadable; ResourceError  no file handle
void check_listing(const std::error_code& error, const std::string& folder);

/// Whether a file name ends like a picture that decode_image reads (.jpg, .PNG, ...).
bool has_image_ending(const std::string& name);

/// Entries of a list file: one path a line, relative to the list's folder. Empty lines are skipped.
/// throws DataError  a path leaves the folder and allow_outside is false; with file and line
std::vector<FileEntry> read_list_file(const std::string& path, bool allow_outside);

/// Entries of a .csv or .tsv table with a header line; fields may be quoted.
/// throws DataError  no picture column, a row of another length, a path that leaves the folder
std::vector<FileEntry> read_table_file(const std::string& path, bool allow_outside);

}  // namespace mae
