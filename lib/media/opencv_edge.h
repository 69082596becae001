// The only doors to OpenCV: no threads of its own, no messages, no exceptions that leave. Its
// library is loaded with the first call.
#pragma once

#include <optional>
#include <string>

#include "mae/media/image.h"

namespace mae {

/// Loads the library behind these functions; does nothing the second time. A process that is to be
/// confined calls it before, since it could not read the library's files then.
/// throws ResourceError  the library is not where the programs look for it; so do the others
void load_picture_codecs();

/// Decodes with cv::imdecode to RGB(A) or grey as stored, without rotation. Empty when OpenCV
/// refuses the data. throws DataError  samples that are neither 8 nor 16 bit integers
std::optional<Image> opencv_decode(const std::string& bytes, const std::string& name);

/// cv::resize with INTER_LINEAR: two neighbours in each direction, however much smaller the result
/// is. 8 bits, any number of channels. throws ResourceError  it fails
Image opencv_resize_linear(const Image& image, Size2d size);

/// PNG through cv::imencode. Throws ResourceError when it fails.
std::string opencv_encode_png(const Image& image);

}  // namespace mae
