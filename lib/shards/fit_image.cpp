#include "mae/shards/fit_image.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/media/resample.h"

namespace mae {

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
  const int64_t short_side = resize == kResizeAuto
                                 ? evaluation_short_side(from, size)
                                 : std::max(resize, covering_short_side(from, size));
  return resize_and_center_crop(image, short_side, size);
}

}  // namespace mae
