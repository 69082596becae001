#include "mae/shards/fit_image.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/media/resample.h"

namespace mae {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The wanted short side, or the smallest one at which the resized picture covers `size`.
int64_t covering_short_side(Size2d image, Size2d size, int64_t wanted) {
  const int64_t from = std::min(image.height, image.width);
  return std::max({wanted, divide_up(size.height * from, image.height),
                   divide_up(size.width * from, image.width)});
}

}  // namespace

Image fit_image(const Image& image, Size2d size, int64_t resize, const std::string& where) {
  const Size2d from{image.height, image.width};
  if (resize == kResizeNever) {
    if (from.height < size.height || from.width < size.width) {
      throw DataError("the picture is " + size_text(from) + " pixels (height x width); at least " +
                          size_text(size) + " are needed without resizing",
                      where, "leave out --resize none");
    }
    return center_crop(image, size);
  }
  if (resize == kResizeAuto && from == size) return image;
  const int64_t wanted =
      resize == kResizeAuto ? std::min(size.height, size.width) * 256 / 224 : resize;
  return resize_and_center_crop(image, covering_short_side(from, size, wanted), size);
}

}  // namespace mae
