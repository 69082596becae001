#include "mae/media/tiff_for_opencv.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "mae/base/error.h"
#include "mae/media/tiff_directory.h"

namespace mae {
namespace {

constexpr uint32_t kWidth = 256, kHeight = 257, kOrientation = 274, kRowsPerStrip = 278,
                   kTileWidth = 322, kTileLength = 323;
constexpr uint32_t kUpright = 1;
constexpr uint32_t kMaxTileSide = 4096;  // of pictures that are not as large themselves

/// 0 where the tag is missing. A number of a type that we do not read could be any.
uint32_t size_of(const TiffDirectory& directory, uint32_t tag, const std::string& name) {
  if (directory.has(tag) && directory.numbers(tag).empty())
    throw DataError("the TIFF gives a size in an unusual type", name, "export the image again");
  return directory.number(tag, 0);
}

void check_tile(uint32_t tile, uint32_t picture, const std::string& name) {
  const uint32_t most = std::max(kMaxTileSide, picture);
  if (tile > most && tile - most > 15)  // sides are multiples of 16
    throw DataError("the TIFF claims tiles of " + std::to_string(tile) +
                        " pixels in a picture of " + std::to_string(picture),
                    name, "export the image again");
}

}  // namespace

std::string tiff_for_opencv(std::string tiff, const std::string& name) {
  const TiffDirectory directory(tiff, name);
  const uint32_t height = size_of(directory, kHeight, name);
  const uint32_t width = size_of(directory, kWidth, name);
  check_tile(size_of(directory, kTileWidth, name), width, name);
  check_tile(size_of(directory, kTileLength, name), height, name);
  std::string fitted = tiff;
  directory.put(kOrientation, kUpright, &fitted);
  if (size_of(directory, kRowsPerStrip, name) > height)
    directory.put(kRowsPerStrip, height, &fitted);
  return fitted;
}

}  // namespace mae
