#include "mae/shards/fit_image.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/media/resample.h"

namespace mae {
namespace {

int64_t short_side_of(Size2d image, Size2d size, int64_t resize) {
  return resize == kResizeAuto ? evaluation_short_side(image, size)
                               : std::max(resize, covering_short_side(image, size));
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
  return resize_and_center_crop(image, short_side_of(from, size, resize), size);
}

Box reach_of_fit(Size2d image, Size2d size, int64_t resize) {
  if (resize == kResizeAuto && image == size) return whole_box(image);
  if (resize != kResizeNever)
    return reach_of_center_crop(image, short_side_of(image, size, resize), size);
  const bool covers = image.height >= size.height && image.width >= size.width;
  return covers ? center_box(image, size) : whole_box(image);
}

}  // namespace mae
