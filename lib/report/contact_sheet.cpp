// Lays images out on a sheet.
#include "mae/report/contact_sheet.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/report/patch_picture.h"

namespace mae {
namespace {

Image as_rgb(const Image& image);
Size2d largest_size(const std::vector<std::vector<Image>>& rows);
void paste(const Image& image, int64_t top, int64_t left, Image* sheet);

}  // namespace

Image contact_sheet(const std::vector<std::vector<Image>>& rows,
                    const ContactSheetOptions& options) {
  const Size2d largest = largest_size(rows);
  const int64_t factor = enlargement_factor(largest, options.smallest_side);
  const Size2d cell{largest.height * factor + options.margin,
                    largest.width * factor + options.margin};
  size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  Image sheet;
  sheet.height = options.margin + cell.height * static_cast<int64_t>(rows.size());
  sheet.width = options.margin + cell.width * static_cast<int64_t>(columns);
  sheet.channels = 3;
  sheet.bytes.assign(sheet.height * sheet.row_bytes(), options.background);
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows[r].size(); ++c) {
      paste(enlarge(as_rgb(rows[r][c]), factor),
            options.margin + cell.height * static_cast<int64_t>(r),
            options.margin + cell.width * static_cast<int64_t>(c), &sheet);
    }
  }
  return sheet;
}

int64_t enlargement_factor(Size2d size, int64_t smallest_side) {
  const int64_t side = std::min(size.height, size.width);
  return side <= 0 ? 1 : std::max<int64_t>(1, (smallest_side + side - 1) / side);
}

Image enlarge(const Image& image, int64_t factor) {
  if (factor == 1) return image;
  Image out = image;
  out.height = image.height * factor;
  out.width = image.width * factor;
  const int64_t pixel = image.channels * (image.bit_depth / 8);  // bytes
  out.bytes.resize(out.height * out.row_bytes());
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      const uint8_t* from =
          image.bytes.data() + y / factor * image.row_bytes() + x / factor * pixel;
      std::copy_n(from, pixel, out.bytes.data() + y * out.row_bytes() + x * pixel);
    }
  }
  return out;
}

namespace {

Image as_rgb(const Image& image) {
  const Image shown = shown_channels(image);
  if (shown.channels == 3) return shown;
  Image out = shown;
  out.channels = 3;
  out.bytes.resize(out.height * out.row_bytes());
  for (int64_t i = 0; i < out.height * out.width; ++i) {
    std::fill_n(out.bytes.begin() + i * 3, 3, shown.bytes[i]);
  }
  return out;
}

Size2d largest_size(const std::vector<std::vector<Image>>& rows) {
  Size2d largest;
  for (const auto& row : rows) {
    for (const Image& image : row) {
      if (image.bytes.empty()) throw UsageError("a contact sheet cannot show an empty image");
      largest.height = std::max(largest.height, image.height);
      largest.width = std::max(largest.width, image.width);
    }
  }
  if (largest.height == 0) throw UsageError("a contact sheet needs at least one image");
  return largest;
}

void paste(const Image& image, int64_t top, int64_t left, Image* sheet) {
  for (int64_t y = 0; y < image.height; ++y) {
    std::copy_n(image.bytes.data() + y * image.row_bytes(), image.row_bytes(),
                sheet->bytes.data() + (top + y) * sheet->row_bytes() + left * 3);
  }
}

}  // namespace
}  // namespace mae
