#include "mae/media/image_decode.h"

#include <optional>
#include <utility>

#include "mae/base/error.h"
#include "mae/media/confined_decode.h"
#include "mae/media/exif_orientation.h"
#include "mae/media/image_convert.h"
#include "mae/media/image_header.h"
#include "mae/media/jpeg_decode.h"
#include "mae/media/opencv_edge.h"
#include "mae/media/png_check.h"
#include "mae/media/tiff_decode.h"
#include "mae/media/tiff_for_opencv.h"

namespace mae {
namespace {

constexpr int64_t kMaxSide = 65535;

void check_size(const ImageHeader& header, const std::string& name, int64_t max_pixels) {
  const Size2d size = header.size;
  if (size.height > kMaxSide || size.width > kMaxSide || size.area() > max_pixels) {
    throw DataError("the image claims " + size_text(size) + " pixels (height x width); at most " +
                        std::to_string(max_pixels) + " are decoded",
                    name, "scale it down first, or raise --max-pixels");
  }
}

Image decode_stored(const std::string& bytes, const std::string& name, const ImageHeader& header,
                    const DecodeOptions& options) {
  if (header.format == ImageFormat::kJpeg) {
    const bool in_part = options.looked_at && !options.exif_orientation;
    return decode_jpeg(bytes, name, header.size, options.strict,
                       in_part ? options.looked_at(header.size) : whole_box(header.size));
  }
  std::optional<Image> image;
  if (header.format == ImageFormat::kPng) {
    const bool keep_transparency = options.channels == 2 || options.channels == 4;
    image = opencv_decode(check_png(bytes, name, keep_transparency), name);
  } else if (header.format == ImageFormat::kTiff) {
    image = decode_tiff(bytes, name);
    if (!image) image = opencv_decode(tiff_for_opencv(bytes, name), name);
  } else {
    image = opencv_decode(bytes, name);
  }
  if (!image) {
    throw DataError("the " + format_name(header.format) + " data are damaged or of an unusual kind",
                    name, "export the image again as PNG or JPEG");
  }
  return std::move(*image);
}

}  // namespace

Image decode_image(const std::string& bytes, const std::string& name,
                   const DecodeOptions& options) {
  if (options.confined) return decode_confined(bytes, name, options);
  const ImageHeader header = read_image_header(bytes, name);
  check_size(header, name, options.max_pixels);
  Image image = decode_stored(bytes, name, header, options);
  if (!(Size2d{image.height, image.width} == header.size)) {
    throw DataError("the image is " + size_text({image.height, image.width}) +
                        " pixels, but its header claims " + size_text(header.size),
                    name, "the file is damaged; export it again");
  }
  if (options.exif_orientation) {
    image = apply_orientation(image, exif_orientation(bytes, header.format));
  }
  return fit_to_options(std::move(image), options, name);
}

Image fit_to_options(Image image, const DecodeOptions& options, const std::string& name) {
  if (can_convert_channels(image.channels, options.channels)) {
    return convert_image(std::move(image), options.channels, options.bit_depth);
  }
  const int64_t stored = image.channels;
  return adapt_channels(convert_image(std::move(image), stored, options.bit_depth),
                        options.channels, options.channels_policy, name);
}

std::string encode_png(const Image& image) { return opencv_encode_png(image); }

}  // namespace mae
