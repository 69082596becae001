// Masks that a person chose: a painted picture or a list of patches, the same for every sample.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mae/base/size2d.h"
#include "mae/media/image.h"

namespace mae {

/// A patch is hidden when more than half of its area is painted (not black). The picture is
/// stretched over the grid, whatever its size, and each pixel counts by the area it shares with a
/// patch. returns [L] 1 = hidden throws DataError   `path` is no picture, or a region that hides
/// nothing or everything
std::vector<uint8_t> region_from_image(const std::string& path, Size2d grid);

/// Share of each grid cell's area that is painted: [L] in [0, 1].
std::vector<double> painted_share(const Image& image, Size2d grid);

/// A text file that names hidden patches, one or more entries a line separated by blanks: an index
/// "17", a range "17-20", a place "row,col" or a rectangle "2-5,0-3", all counted from 0, ends
/// included. "#" begins a comment. throws DataError   the file cannot be read, an entry is
/// malformed or outside the grid (with its line), or a region that
///                    hides nothing or everything
std::vector<uint8_t> region_from_list(const std::string& path, Size2d grid);

}  // namespace mae
