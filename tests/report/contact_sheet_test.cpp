// Cells, margins, enlargement and mixed kinds of images.
#include "mae/report/contact_sheet.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "test_images.h"

namespace mae {
namespace {

std::vector<uint8_t> pixel(const Image& image, int64_t row, int64_t column) {
  const auto begin = image.bytes.begin() + (row * image.width + column) * image.channels;
  return {begin, begin + image.channels};
}

TEST(ContactSheet, EnlargesSmallImagesByAWholeFactor) {
  EXPECT_EQ(enlargement_factor({28, 28}, 96), 4);
  EXPECT_EQ(enlargement_factor({32, 64}, 96), 3);
  EXPECT_EQ(enlargement_factor({96, 96}, 96), 1);
  EXPECT_EQ(enlargement_factor({224, 224}, 96), 1);
}

TEST(ContactSheet, EnlargedPixelsAreSquares) {
  Image image = testing::blank(2, 2, 1);
  image.bytes = {1, 2, 3, 4};
  const Image large = enlarge(image, 2);
  EXPECT_EQ(large.bytes, (std::vector<uint8_t>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}));
}

TEST(ContactSheet, PlacesRowsAndColumnsWithMargins) {
  const Image red = [] {
    Image image = testing::blank(10, 20, 3);
    for (size_t i = 0; i < image.bytes.size(); i += 3) image.bytes[i] = 255;
    return image;
  }();
  const Image grey = testing::blank(10, 20, 1, 77);
  ContactSheetOptions options;
  options.margin = 3;
  options.smallest_side = 10;
  const Image sheet = contact_sheet({{red, grey}, {grey}}, options);
  EXPECT_EQ(sheet.height, 3 + 2 * 13);
  EXPECT_EQ(sheet.width, 3 + 2 * 23);
  EXPECT_EQ(pixel(sheet, 2, 3), (std::vector<uint8_t>{255, 255, 255}));
  EXPECT_EQ(pixel(sheet, 3, 3), (std::vector<uint8_t>{255, 0, 0}));
  EXPECT_EQ(pixel(sheet, 12, 22), (std::vector<uint8_t>{255, 0, 0}));
  EXPECT_EQ(pixel(sheet, 12, 23), (std::vector<uint8_t>{255, 255, 255}));
  EXPECT_EQ(pixel(sheet, 3, 26), (std::vector<uint8_t>{77, 77, 77}));
  EXPECT_EQ(pixel(sheet, 16, 3), (std::vector<uint8_t>{77, 77, 77}));
  EXPECT_EQ(pixel(sheet, 16, 26), (std::vector<uint8_t>{255, 255, 255}))
      << "the second row has one image";
}

TEST(ContactSheet, RefusesNothingToShow) {
  EXPECT_THROW(contact_sheet({}), UsageError);
  EXPECT_THROW(contact_sheet({{Image{}}}), UsageError);
}

}  // namespace
}  // namespace mae
