// Decoding a part: the pixels that are looked at equal those of the whole, and damage anywhere is
// found.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

// jpeglib.h needs stdio's types before it.
#include <jpeglib.h>

#include "mae/base/error.h"
#include "mae/base/random_stream.h"
#include "mae/media/jpeg_decode.h"

namespace mae {
namespace {

struct Kind {
  Size2d size;
  int components = 3;
  int across = 1, down = 1;  ///< sampling factors of the luma
  bool progressive = false;
  int restart_rows = 0;
};

/// Noise over a ramp: every coefficient is in use.
std::string encode(const Kind& kind, RandomStream& random) {
  jpeg_error_mgr errors;
  jpeg_compress_struct encoder = {};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &buffer, &size);
  encoder.image_width = static_cast<JDIMENSION>(kind.size.width);
  encoder.image_height = static_cast<JDIMENSION>(kind.size.height);
  encoder.input_components = kind.components;
  encoder.in_color_space = kind.components == 1   ? JCS_GRAYSCALE
                           : kind.components == 3 ? JCS_RGB
                                                  : JCS_CMYK;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, 80, TRUE);
  encoder.comp_info[0].h_samp_factor = kind.across;
  encoder.comp_info[0].v_samp_factor = kind.down;
  if (kind.progressive) jpeg_simple_progression(&encoder);
  encoder.restart_in_rows = kind.restart_rows;
  jpeg_start_compress(&encoder, TRUE);
  std::vector<unsigned char> line(static_cast<size_t>(kind.size.width * kind.components));
  for (int64_t y = 0; y < kind.size.height; ++y) {
    for (size_t i = 0; i < line.size(); ++i)
      line[i] = static_cast<unsigned char>(y + static_cast<int64_t>(i) / 5 + random.below(90));
    JSAMPROW row = line.data();
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  std::string bytes(reinterpret_cast<const char*>(buffer), size);
  std::free(buffer);
  return bytes;
}

Box random_box(Size2d size, RandomStream& random) {
  Box box;
  box.top = random.below(size.height);
  box.left = random.below(size.width);
  box.height = 1 + random.below(size.height - box.top);
  box.width = 1 + random.below(size.width - box.left);
  return box;
}

Kind random_kind(RandomStream& random) {
  constexpr int kFactors[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}, {4, 2}};
  constexpr int kComponents[] = {3, 3, 3, 1, 4};
  Kind kind;
  kind.size = {1 + random.below(200), 1 + random.below(300)};
  kind.components = kComponents[random.below(5)];
  const auto& factors = kFactors[random.below(kind.components == 4 ? 5 : 6)];  // ten blocks at most
  kind.across = factors[0];
  kind.down = factors[1];
  kind.progressive = random.below(3) == 0;
  kind.restart_rows = random.below(3) == 0 ? 2 : 0;
  return kind;
}

TEST(DecodePartOfJpeg, WhatIsLookedAtEqualsTheWhole) {
  RandomStream random(3, "jpeg-part-test");
  int64_t black = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const Kind kind = random_kind(random);
    const std::string bytes = encode(kind, random);
    const Image whole = decode_jpeg(bytes, "p.jpg", kind.size, true, whole_box(kind.size));
    for (int i = 0; i < 4; ++i) {
      const Box box = random_box(kind.size, random);
      const Image part = decode_jpeg(bytes, "p.jpg", kind.size, true, box);
      ASSERT_EQ(part.bytes.size(), whole.bytes.size());
      ASSERT_EQ(crop(part, box).bytes, crop(whole, box).bytes)
          << size_text(kind.size) << " x " << kind.components << ", " << kind.across << " x "
          << kind.down << (kind.progressive ? ", progressive" : "") << ", restart "
          << kind.restart_rows << ", from " << box.top << ", " << box.left << " on "
          << size_text({box.height, box.width});
      black += part.bytes != whole.bytes;
    }
  }
  EXPECT_GT(black, 400);  // parts were left out, which is what this is for
}

TEST(DecodePartOfJpeg, TheEndIsMissedWhereverOneLooks) {
  RandomStream random(4, "jpeg-part-test");
  for (int trial = 0; trial < 60; ++trial) {
    Kind kind = random_kind(random);
    kind.size = {150, 200};
    const std::string bytes = encode(kind, random);
    const Box box = random_box({40, 60}, random);  // far from the end
    EXPECT_NO_THROW(decode_jpeg(bytes, "p.jpg", kind.size, true, box));
    for (const size_t lost : {size_t{2}, size_t{40}, bytes.size() / 3})
      EXPECT_THROW(decode_jpeg(bytes.substr(0, bytes.size() - lost), "p.jpg", kind.size, true, box),
                   DataError)
          << "lost " << lost << ", " << kind.across << " x " << kind.down
          << (kind.progressive ? ", progressive" : "");
  }
}

}  // namespace
}  // namespace mae
