#include "mae/sources/idx_source.h"

#include <zlib.h>

#include "scratch.h"

namespace mae {
namespace {

std::string big32(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}

std::string images(uint32_t count, uint32_t height, uint32_t width) {
  std::string bytes = std::string("\0\0\x08\x03", 4) + big32(count) + big32(height) + big32(width);
  for (uint32_t i = 0; i < count * height * width; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::string labels_file(const std::string& labels) {
  return std::string("\0\0\x08\x01", 4) + big32(static_cast<uint32_t>(labels.size())) + labels;
}

std::string gzip(const std::string& bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

using IdxSource = ScratchTest;

TEST_F(IdxSource, PlainImagesWithPackedLabels) {
  const std::string file = write("t10k-images-idx3-ubyte", images(3, 2, 4));
  write("t10k-labels-idx1-ubyte.gz", gzip(labels_file("\x01\x09\x04")));
  const auto source = open_image_source({file});
  EXPECT_EQ(names(*source), (Names{"t10k/00000", "t10k/00001", "t10k/00002"}));
  EXPECT_EQ(labels(*source), (Labels{1, 9, 4}));
  DecodeOptions grey;
  grey.channels = 1;
  const Image image = source->load(2, grey);
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 4);
  EXPECT_EQ(image.bytes, (std::vector<uint8_t>{16, 17, 18, 19, 20, 21, 22, 23}));
  EXPECT_EQ(source->load(0, {}).bytes.size(), 24u);
  EXPECT_EQ(source->where(1), file + ":1");
}

TEST_F(IdxSource, PackedImagesEqualPlainOnes) {
  const auto packed =
      open_image_source({write("a/train-images-idx3-ubyte.gz", gzip(images(5, 3, 3)))});
  const auto plain = open_image_source({write("b/train-images-idx3-ubyte", images(5, 3, 3))});
  EXPECT_EQ(names(*packed), names(*plain));
  for (int64_t i = 0; i < 5; ++i) EXPECT_EQ(packed->read(i), plain->read(i));
  EXPECT_FALSE(packed->has_labels());
}

TEST_F(IdxSource, LabelsGivenAlongAreNotASourceOfTheirOwn) {
  const std::string file = write("train-images-idx3-ubyte", images(2, 1, 1));
  const std::string label_file = write("train-labels-idx1-ubyte", labels_file("\x01\x02"));
  EXPECT_EQ(labels(*open_image_source({file, label_file})), (Labels{1, 2}));
  EXPECT_NE(refusal({label_file}).find("labels, not pictures"), std::string::npos);
}

TEST_F(IdxSource, DamageIsFound) {
  const std::string whole = images(3, 2, 4);
  for (size_t length = 4; length < whole.size(); ++length) {
    EXPECT_NE(refusal({write("x-images-idx3-ubyte", whole.substr(0, length))}), "") << length;
  }
  const std::string packed = gzip(whole);
  for (size_t length = 0; length < packed.size(); ++length) {
    EXPECT_NE(refusal({write("x-images-idx3-ubyte.gz", packed.substr(0, length))}), "") << length;
  }
  EXPECT_NE(refusal({write("x-images-idx3-ubyte", whole + "more")}), "");
  // 16 bytes that claim 2^96 pixels, and packed zeros that unpack to more than the header says
  EXPECT_NE(refusal({write("x-images-idx3-ubyte",
                           std::string("\0\0\x08\x03", 4) + std::string(12, '\xFF'))}),
            "");
  EXPECT_NE(
      refusal({write("x-images-idx3-ubyte.gz", gzip(images(1, 1, 1) + std::string(5 << 20, '\0')))})
          .find("longer than expected"),
      std::string::npos);
}

TEST_F(IdxSource, OtherNumbersOfLabelsAreRefused) {
  const std::string file = write("t-images-idx3-ubyte", images(3, 1, 1));
  write("t-labels-idx1-ubyte", labels_file("\x01"));
  EXPECT_NE(refusal({file}).find("holds 1 labels; expected 3"), std::string::npos);
}

}  // namespace
}  // namespace mae
