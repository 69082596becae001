// How near a reconstruction comes to the original: mean squared error, PSNR and SSIM.
#pragma once

#include <cstdint>

#include "mae/media/image.h"

namespace mae {

/// Mean of squared differences over all pixels and channels, in pixel units (0-255, or 0-65535 for
/// 16 bits). throws UsageError  the images differ in size, channels or bit depth, or are empty (so
/// do the functions below)
double mean_squared_error(const Image& a, const Image& b);

/// Peak signal-to-noise ratio in dB, 10 log10(peak^2 / mse); infinite when mse is 0.
double psnr_of_mse(double mse, double peak = 255.0);
double psnr(const Image& a, const Image& b);

/// Structural similarity (Wang et al. 2004): Gaussian window of 11 x 11 with deviation 1.5, K1 =
/// 0.01, K2 = 0.03, mean over the windows that lie wholly inside and over channels. An image
/// smaller than the window uses the largest odd one that fits.
double ssim(const Image& a, const Image& b);

/// Sample `index` of the interleaved pixels, whatever the bit depth.
inline double sample_of(const Image& image, int64_t index) {
  return image.bit_depth == 16 ? image.samples16()[index] : image.bytes[index];
}

/// Throws UsageError when two images cannot be compared pixel by pixel.
void check_same_shape(const Image& a, const Image& b);

}  // namespace mae
