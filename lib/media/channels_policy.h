// What becomes of pictures whose number of channels a model does not take.
#pragma once

#include <string>

#include "mae/media/image.h"

namespace mae {

/// kError: such pictures are refused. kAverage: the mean of a picture's channels, rounded half up,
/// stands in every channel of the model. kRepeat: the picture's channels are repeated in order,
/// model channel c is picture channel c mod C, so that a grey picture equals the RGB picture made
/// of three copies of it; a picture with more channels than the model cannot be repeated.
enum class ChannelsPolicy { kError, kAverage, kRepeat };

ChannelsPolicy parse_channels_policy(const std::string& name);  ///< "error", "average", "repeat";
                                                                ///< UsageError otherwise

/// Throws DataError when pictures of `from` channels cannot become `to` under the policy.
/// where  for messages
void check_channels_policy(int64_t from, int64_t to, ChannelsPolicy policy,
                           const std::string& where);

/// The picture with `channels`; unchanged when it has them already. Bit depth is kept.
/// throws DataError  as check_channels_policy
Image adapt_channels(const Image& image, int64_t channels, ChannelsPolicy policy,
                     const std::string& where);

}  // namespace mae
