// What libmae_pictures.so offers: OpenCV's codecs and its linear resize. It is loaded with the
// first picture that needs them, since a hundred and thirty libraries may stand behind them (Debian
// builds OpenCV with GDAL), which would make every tool start ten times slower. Plain C, so that
// nothing but these names has to match; nothing is thrown across.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

struct MaePictureShape {
  int64_t height, width, channels, bit_depth;
};

enum MaePictureResult : int32_t {
  kMaePictureDone,
  kMaePictureRefused,       ///< by OpenCV; mae_picture_failure() says why
  kMaePictureOtherSamples,  ///< neither 8 nor 16 bit integers
  kMaePictureNoMemory,
};

/// In words, of this thread's last call that was refused; valid until the next.
const char* mae_picture_failure();
/// Decodes with cv::imdecode as stored, without rotation, and keeps the picture in *picture, which
/// is to be freed.
MaePictureResult mae_picture_decode(const void* bytes, size_t size, MaePictureShape* shape,
                                    void** picture);
/// Writes a kept picture as RGB, RGBA or grey.
MaePictureResult mae_picture_copy(const void* picture, void* out);
void mae_picture_free(void* picture);
/// cv::resize with INTER_LINEAR, 8 bits: from [height, width, channels] to another size.
MaePictureResult mae_picture_resize_linear(const MaePictureShape* shape, const void* from,
                                           int64_t height, int64_t width, void* to);
/// PNG bytes of 8-bit grey, RGB or RGBA, kept in *png, which is to be freed. Equal pixels give
/// equal bytes.
MaePictureResult mae_picture_encode_png(const MaePictureShape* shape, const void* pixels,
                                        void** png);
const void* mae_png_bytes(const void* png, size_t* size);
void mae_png_free(void* png);
}
