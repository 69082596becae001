#include "mae/jobs/region_mask.h"

#include "mae/base/atomic_file.h"
#include "mae/base/error.h"
#include "mae/media/image_decode.h"
#include "tiny_world.h"

namespace mae {
namespace {

using Mask = std::vector<uint8_t>;

Image grey_image(int64_t height, int64_t width, const std::vector<uint8_t>& bytes) {
  Image image;
  image.height = height;
  image.width = width;
  image.channels = 1;
  image.bytes = bytes;
  return image;
}

class RegionMask : public TinyWorld {
 protected:
  Mask from_list(const std::string& text, Size2d grid) {
    write_file_atomically(path("list.txt"), text);
    return region_from_list(path("list.txt"), grid);
  }
  std::string list_error(const std::string& text) {
    try {
      from_list(text, {2, 3});
    } catch (const DataError& error) {
      return error.line();
    }
    return "";
  }
};

TEST_F(RegionMask, PaintedShareCountsPixelsByTheAreaTheyShare) {
  // Three pixels over two cells: the middle one belongs half to each.
  const std::vector<double> wide = painted_share(grey_image(1, 3, {0, 9, 255}), {1, 2});
  EXPECT_NEAR(wide[0], 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(wide[1], 1.0, 1e-12);
  const std::vector<double> tall = painted_share(grey_image(3, 1, {255, 255, 0}), {2, 1});
  EXPECT_NEAR(tall[0], 1.0, 1e-12);
  EXPECT_NEAR(tall[1], 1.0 / 3.0, 1e-12);
}

TEST_F(RegionMask, PictureSmallerThanTheGridIsStretched) {
  const std::vector<double> share = painted_share(grey_image(1, 2, {0, 1}), {2, 4});
  const std::vector<double> expected = {0, 0, 1, 1, 0, 0, 1, 1};
  for (size_t i = 0; i < share.size(); ++i) EXPECT_NEAR(share[i], expected[i], 1e-12) << i;
}

TEST_F(RegionMask, MoreThanHalfOfThePatchMustBePainted) {
  // Left patch: two of four pixels, exactly half; right patch: three of four.
  const Image image = grey_image(2, 4,
                                 {1, 1, 1, 1,  //
                                  0, 0, 0, 1});
  write_file_atomically(path("mask.png"), encode_png(image));
  EXPECT_EQ(region_from_image(path("mask.png"), {1, 2}), (Mask{0, 1}));
}

TEST_F(RegionMask, RegionsThatHideNothingOrEverythingAreRefused) {
  write_file_atomically(path("black.png"), encode_png(grey_image(2, 2, {0, 0, 0, 0})));
  write_file_atomically(path("white.png"), encode_png(grey_image(2, 2, {9, 9, 9, 9})));
  EXPECT_THROW(region_from_image(path("black.png"), {2, 2}), DataError);
  EXPECT_THROW(region_from_image(path("white.png"), {2, 2}), DataError);
}

TEST_F(RegionMask, ListNamesPatchesRangesPlacesAndRectangles) {
  EXPECT_EQ(from_list("0 # first\n\n4-5\n", {2, 3}), (Mask{1, 0, 0, 0, 1, 1}));
  EXPECT_EQ(from_list("1,2\n", {2, 3}), (Mask{0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(from_list("0-1,1-2", {2, 3}), (Mask{0, 1, 1, 0, 1, 1}));
}

TEST_F(RegionMask, ListErrorsNameTheLine) {
  EXPECT_NE(list_error("0\n6\n").find("list.txt:2: patch 6 is outside the grid; expected 0 to 5"),
            std::string::npos);
  EXPECT_NE(list_error("2,0").find("list.txt:1: row 2 is outside the grid; expected 0 to 1"),
            std::string::npos);
  EXPECT_NE(list_error("x").find("'x' is not a patch number"), std::string::npos);
  EXPECT_NE(list_error("1,").find("'' is not a patch number"), std::string::npos);
  EXPECT_NE(list_error("-1").find("'' is not a patch number"), std::string::npos);
  EXPECT_NE(list_error("4-2").find("runs backwards"), std::string::npos);
  EXPECT_NE(list_error("99999999999999999999").find("is not a patch number"), std::string::npos);
  EXPECT_NE(list_error("# nothing\n").find("hides no patch"), std::string::npos);
}

}  // namespace
}  // namespace mae
