// From a picture of any size to model input of one size, as the published evaluation does.
#pragma once

#include <string>

#include "mae/media/image.h"

namespace mae {

constexpr int64_t kResizeAuto = 0;    ///< evaluation_short_side, as ImageNet evaluation: 224 -> 256
constexpr int64_t kResizeNever = -1;  ///< pixels stay as they are

/// Resizes (bicubic, Pillow's) and takes the central crop of `size`.
/// resize  kResizeAuto: a picture that has `size` already is left as it is. N > 0: its short side
///         becomes N, or what covers `size` where the crop would otherwise stick out (only for
///         sizes that are not square). kResizeNever: only the crop.
/// where   for messages
/// throws DataError  kResizeNever and a picture smaller than `size`
Image fit_image(const Image& image, Size2d size, int64_t resize, const std::string& where);

/// The part of an image that fit_image() looks at.
Box reach_of_fit(Size2d image, Size2d size, int64_t resize);

}  // namespace mae
