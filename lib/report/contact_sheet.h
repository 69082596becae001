// One picture of many: rows of images (original, masked, reconstruction), for a PNG file.
#pragma once

#include <cstdint>
#include <vector>

#include "mae/media/image.h"

namespace mae {

struct ContactSheetOptions {
  int64_t margin = 8;  ///< pixels around and between images
  int64_t smallest_side =
      96;  ///< smaller images are enlarged by a whole factor until their short side reaches this
  uint8_t background = 255;  ///< grey level of the margins
};

/// All images enlarged by one factor, in cells as large as the largest image, RGB. Rows may differ
/// in length. Images are shown as shown_channels says, grey ones as RGB.
/// throws UsageError  there is no image, or one is empty
Image contact_sheet(const std::vector<std::vector<Image>>& rows,
                    const ContactSheetOptions& options = {});

/// Whole factor by which the short side of `size` reaches at least `smallest_side`; 1 when it
/// already does.
int64_t enlargement_factor(Size2d size, int64_t smallest_side);

/// Nearest neighbour by a whole factor: each pixel becomes a square.
Image enlarge(const Image& image, int64_t factor);

}  // namespace mae
