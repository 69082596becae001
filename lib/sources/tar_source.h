// Pictures inside a tar file, read where they lie.
#pragma once

#include <memory>
#include <string>

#include "mae/sources/image_source.h"

namespace mae {

/// Members whose ending is a picture's, in archive order. KEY.cls and KEY.txt beside KEY.jpg
/// (webdataset) give label and caption; without any .cls the last folder is the class, where there
/// is more than one such folder. operand  as the user wrote it path     of the archive folder only
/// members below it, named relative to it; empty: all throws DataError  as read_tar; no pictures; a
/// label or caption of absurd size
std::unique_ptr<ImageSource> open_tar_source(const std::string& operand, const std::string& path,
                                             const std::string& folder);

}  // namespace mae
