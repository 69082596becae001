// IDX files, as MNIST and Fashion-MNIST are shipped: bare pixels behind a header of sizes.
#pragma once

#include <memory>
#include <string>

#include "mae/sources/image_source.h"

namespace mae {

enum class IdxKind { kNotIdx, kImages, kLabels };

/// From the first four (unpacked) bytes: unsigned bytes in three dimensions are images, in one
/// dimension labels.
IdxKind idx_kind(const std::string& first_bytes);

/// Images with the labels beside them: ...images-idx3-ubyte belongs to ...labels-idx1-ubyte, either
/// with or without .gz. Samples are named "t10k/00017", after the file's first word. throws
/// DataError  damaged, sizes that do not fit the file, labels of another number
std::unique_ptr<ImageSource> open_idx_source(const std::string& path);

}  // namespace mae
