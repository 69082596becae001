// Finds libmae_pictures.so and calls it.
#include "mae/media/opencv_edge.h"

#include <memory>
#include <new>

#include "mae/base/error.h"
#include "mae/media/picture_plugin.h"
#include "mae/media/plugin.h"

namespace mae {
namespace {

struct Codecs {
  decltype(&mae_picture_failure) failure;
  decltype(&mae_picture_decode) decode;
  decltype(&mae_picture_copy) copy;
  decltype(&mae_picture_free) free;
  decltype(&mae_picture_resize_linear) resize_linear;
  decltype(&mae_picture_encode_png) encode_png;
  decltype(&mae_png_bytes) png_bytes;
  decltype(&mae_png_free) free_png;
};

Codecs load() {
  const Plugin plugin("libmae_pictures.so", "pictures of this kind cannot be read or written",
                      "install the toolkit with its libraries, and OpenCV's imgcodecs "
                      "(libopencv-imgcodecs)");
  Codecs codecs{};
  plugin.find("mae_picture_failure", &codecs.failure);
  plugin.find("mae_picture_decode", &codecs.decode);
  plugin.find("mae_picture_copy", &codecs.copy);
  plugin.find("mae_picture_free", &codecs.free);
  plugin.find("mae_picture_resize_linear", &codecs.resize_linear);
  plugin.find("mae_picture_encode_png", &codecs.encode_png);
  plugin.find("mae_png_bytes", &codecs.png_bytes);
  plugin.find("mae_png_free", &codecs.free_png);
  return codecs;
}

const Codecs& codecs() {
  static const Codecs loaded = load();
  return loaded;
}

/// Throws unless the call was done. `what` begins the message.
void check(MaePictureResult result, const std::string& what) {
  if (result == kMaePictureNoMemory) throw std::bad_alloc();
  if (result != kMaePictureDone) throw ResourceError(what + ": " + codecs().failure());
}

MaePictureShape shape_of(const Image& image) {
  return {image.height, image.width, image.channels, image.bit_depth};
}

}  // namespace

void load_picture_codecs() { codecs(); }

std::optional<Image> opencv_decode(const std::string& bytes, const std::string& name) {
  MaePictureShape shape{};
  void* kept = nullptr;
  const MaePictureResult result = codecs().decode(bytes.data(), bytes.size(), &shape, &kept);
  const std::unique_ptr<void, decltype(&mae_picture_free)> picture(kept, codecs().free);
  if (result == kMaePictureOtherSamples) {
    throw DataError("the samples are not 8 or 16 bit integers", name,
                    "convert the image to 8 or 16 bit");
  }
  if (result == kMaePictureNoMemory) throw std::bad_alloc();
  if (result != kMaePictureDone) return std::nullopt;
  Image image;
  image.height = shape.height;
  image.width = shape.width;
  image.channels = shape.channels;
  image.bit_depth = static_cast<int>(shape.bit_depth);
  image.bytes.resize(static_cast<size_t>(image.height * image.row_bytes()));
  check(codecs().copy(picture.get(), image.bytes.data()), "decoding failed");
  return image;
}

Image opencv_resize_linear(const Image& image, Size2d size) {
  Image out{size.height, size.width, image.channels, image.bit_depth, {}};
  out.bytes.resize(static_cast<size_t>(out.height * out.row_bytes()));
  const MaePictureShape shape = shape_of(image);
  check(
      codecs().resize_linear(&shape, image.bytes.data(), size.height, size.width, out.bytes.data()),
      "resizing failed");
  return out;
}

std::string opencv_encode_png(const Image& image) {
  const MaePictureShape shape = shape_of(image);
  void* kept = nullptr;
  const MaePictureResult result = codecs().encode_png(&shape, image.bytes.data(), &kept);
  const std::unique_ptr<void, decltype(&mae_png_free)> png(kept, codecs().free_png);
  check(result, "the PNG encoder failed");
  size_t size = 0;
  const auto* bytes = static_cast<const char*>(codecs().png_bytes(png.get(), &size));
  return {bytes, size};
}

}  // namespace mae
