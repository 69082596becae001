#include "mae/media/jpeg_decode.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>

// jpeglib.h needs stdio's types before it.
#include <jerror.h>
#include <jpeglib.h>

#include "mae/base/error.h"
#include "mae/media/decoder_warnings.h"

namespace mae {
namespace {

constexpr int kMaxScans = 500;  // ordinary progressive files have about ten
constexpr int64_t kMaxScannedPixels =
    int64_t{1} << 31;  // pixels times scans: bounds the time of hostile files

/// libjpeg's error manager with a way back. libjpeg is C: errors leave it by longjmp, never by an
/// exception.
struct ErrorState {
  jpeg_error_mgr manager;  // first, so that libjpeg's pointer is ours
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX] = "";
  char harmless[JMSG_LENGTH_MAX] = "";  // the first warning that leaves the picture whole
};

ErrorState* state_of(j_common_ptr info) { return reinterpret_cast<ErrorState*>(info->err); }

[[noreturn]] void fail(j_common_ptr info) {
  info->err->format_message(info, state_of(info)->message);
  std::longjmp(state_of(info)->back, 1);
}

[[noreturn]] void fail_with(j_common_ptr info, const char* message) {
  std::snprintf(state_of(info)->message, JMSG_LENGTH_MAX, "%s", message);
  std::longjmp(state_of(info)->back, 1);
}

void stay_silent(j_common_ptr) {}

/// Warnings arrive with level -1. All but the ones known to leave the picture whole end the
/// decoding; listed this way round, because the numbers of some (bad arithmetic code) are not in
/// every version of jerror.h.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_TOO_MUCH_DATA:
      if (state_of(info)->harmless[0] == '\0')
        info->err->format_message(info, state_of(info)->harmless);
      return;
    case JWRN_JPEG_EOF:
      fail_with(info, "the JPEG data end early");
    default:
      fail(info);
  }
}

void on_progress(j_common_ptr info) {
  const auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
  const int64_t scans = decoder->input_scan_number;
  const int64_t pixels = int64_t{decoder->image_width} * decoder->image_height;
  if (scans > kMaxScans || scans * pixels > kMaxScannedPixels) {
    fail_with(info, "the JPEG has absurdly many scans");
  }
}

/// Rows and columns that are computed: what is looked at and a margin, since upsampling of colour
/// mixes neighbours, and at the edges of what libjpeg computes it has none.
struct Part {
  JDIMENSION top, bottom, left, width;
};

Part part_around(const jpeg_decompress_struct& decoder, const Box& looked_at) {
  constexpr int64_t kMargin = 2 * 2 * DCTSIZE;  // two of the largest usual units
  const auto low = [](int64_t edge) { return std::max<int64_t>(edge - kMargin, 0); };
  const auto high = [](int64_t edge, JDIMENSION size) {
    return std::min<int64_t>(edge + kMargin, size);
  };
  const int64_t left = low(looked_at.left);
  return {
      static_cast<JDIMENSION>(low(looked_at.top)),
      static_cast<JDIMENSION>(high(looked_at.top + looked_at.height, decoder.output_height)),
      static_cast<JDIMENSION>(left),
      static_cast<JDIMENSION>(high(looked_at.left + looked_at.width, decoder.output_width) - left)};
}

/// The last row is always read: libjpeg leaves the end of the stream unread where it is told to
/// skip to the end.
void read_part(jpeg_decompress_struct* decoder, const Part& part, Image* image) {
  JDIMENSION left = part.left, width = part.width;
  if (width < decoder->output_width) jpeg_crop_scanline(decoder, &left, &width);  // may widen it
  if (part.top > 0) jpeg_skip_scanlines(decoder, part.top);
  const JDIMENSION last = static_cast<JDIMENSION>(image->height) - 1;
  while (decoder->output_scanline <= last) {
    if (decoder->output_scanline >= part.bottom && decoder->output_scanline < last)
      jpeg_skip_scanlines(decoder, last - decoder->output_scanline);
    JSAMPROW row = image->bytes.data() + decoder->output_scanline * image->row_bytes() +
                   int64_t{left} * image->channels;
    jpeg_read_scanlines(decoder, &row, 1);
  }
}

/// Runs libjpeg; on an error it returns false with errors->message set. It holds nothing that has a
/// destructor, because longjmp would skip it; the pixels live with the caller.
bool decode_into(const std::string& bytes, Size2d claimed, const Box& looked_at, ErrorState* errors,
                 jpeg_decompress_struct* decoder, Image* image) {
  jpeg_progress_mgr progress = {};
  progress.progress_monitor = on_progress;
  if (setjmp(errors->back)) return false;
  jpeg_create_decompress(decoder);
  decoder->progress = &progress;
  jpeg_mem_src(decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(decoder, TRUE);
  if (decoder->image_height != claimed.height || decoder->image_width != claimed.width) {
    fail_with(reinterpret_cast<j_common_ptr>(decoder), "the JPEG has two different sizes");
  }
  const int components = decoder->num_components;
  if (components != 1 && components != 3 && components != 4) {
    fail_with(reinterpret_cast<j_common_ptr>(decoder), "a JPEG of 2 components is not supported");
  }
  decoder->out_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
  decoder->dct_method = JDCT_ISLOW;
  decoder->do_fancy_upsampling = TRUE;
  jpeg_start_decompress(decoder);
  image->height = decoder->output_height;
  image->width = decoder->output_width;  // before libjpeg is told of a part
  image->channels = decoder->output_components;
  image->bytes.resize(static_cast<size_t>(image->height * image->row_bytes()));
  read_part(decoder, part_around(*decoder, looked_at), image);
  jpeg_finish_decompress(decoder);
  return true;
}

/// Pillow's CMYK to RGB: what is left of white after black, less the ink's share of it, rounded as
/// MULDIV255 does.
Image cmyk_to_rgb(const Image& cmyk) {
  Image rgb = cmyk;
  rgb.channels = 3;
  rgb.bytes.resize(static_cast<size_t>(rgb.height * rgb.row_bytes()));
  const uint8_t* from = cmyk.bytes.data();
  uint8_t* to = rgb.bytes.data();
  for (int64_t i = 0; i < rgb.height * rgb.width; ++i, from += 4, to += 3) {
    const int white = from[3];  // the file is inverted: 255 means no black
    for (int c = 0; c < 3; ++c) {
      const int product = (255 - from[c]) * white + 128;
      const int ink = ((product >> 8) + product) >> 8;
      to[c] = static_cast<uint8_t>(white - ink);
    }
  }
  return rgb;
}

}  // namespace

Image decode_jpeg(const std::string& bytes, const std::string& name, Size2d claimed, bool strict,
                  const Box& looked_at) {
  ErrorState errors;
  jpeg_decompress_struct decoder = {};
  decoder.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = fail;
  errors.manager.emit_message = on_message;
  errors.manager.output_message = stay_silent;
  const struct Cleanup {
    jpeg_decompress_struct* decoder;
    ~Cleanup() { jpeg_destroy_decompress(decoder); }
  } cleanup{&decoder};
  Image image;
  if (!decode_into(bytes, claimed, looked_at, &errors, &decoder, &image)) {
    throw DataError(errors.message, name, "the file is damaged or unusual; export it again");
  }
  if (errors.harmless[0] != '\0') note_decoder_warning(errors.harmless, name, strict);
  return image.channels == 4 ? cmyk_to_rgb(image) : image;
}

}  // namespace mae
