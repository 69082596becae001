#include "mae/media/channels_policy.h"

#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/media/image_convert.h"
#include "pictures.h"

namespace mae {
namespace {

std::string failure(const Image& image, int64_t channels, ChannelsPolicy policy) {
  try {
    adapt_channels(image, channels, policy, "a.tif");
  } catch (const DataError& error) {
    return error.line();
  }
  return "";
}

TEST(ChannelsPolicy, RepeatOfGreyIsPillowsRgb) {
  const Image grey = golden_image("pictures/grey.png", 1);
  EXPECT_EQ(adapt_channels(grey, 3, ChannelsPolicy::kRepeat, "").bytes,
            convert_image(grey, 3, 8).bytes);
  EXPECT_EQ(adapt_channels(grey, 3, ChannelsPolicy::kAverage, "").bytes,
            convert_image(grey, 3, 8).bytes);
}

TEST(ChannelsPolicy, RepeatGoesRoundAndAverageRoundsHalfUp) {
  const Image two = image_of(1, 2, 2, {1, 2, 30, 41});
  EXPECT_EQ(adapt_channels(two, 5, ChannelsPolicy::kRepeat, "").bytes,
            (std::vector<uint8_t>{1, 2, 1, 2, 1, 30, 41, 30, 41, 30}));
  EXPECT_EQ(adapt_channels(two, 3, ChannelsPolicy::kAverage, "").bytes,
            (std::vector<uint8_t>{2, 2, 2, 36, 36, 36}));
  const Image rgb = image_of(1, 1, 3, {255, 255, 255});
  EXPECT_EQ(adapt_channels(rgb, 1, ChannelsPolicy::kAverage, "").bytes,
            (std::vector<uint8_t>{255}));
}

TEST(ChannelsPolicy, SixteenBitsStaySixteen) {
  Image deep = image_of(1, 1, 2, std::vector<uint8_t>(4));
  deep.bit_depth = 16;
  deep.samples16()[0] = 65535;
  deep.samples16()[1] = 65534;
  const Image mean = adapt_channels(deep, 1, ChannelsPolicy::kAverage, "");
  ASSERT_EQ(mean.bit_depth, 16);
  EXPECT_EQ(mean.samples16()[0], 65535);
}

TEST(ChannelsPolicy, EqualCountsNeedNoPolicy) {
  const Image rgb = golden_image("pictures/rgb.png");
  for (const auto policy :
       {ChannelsPolicy::kError, ChannelsPolicy::kAverage, ChannelsPolicy::kRepeat}) {
    EXPECT_EQ(adapt_channels(rgb, 3, policy, "").bytes, rgb.bytes);
  }
}

TEST(ChannelsPolicy, RefusalsSayWhatWouldWork) {
  const Image five = image_of(1, 1, 5, {1, 2, 3, 4, 5});
  EXPECT_EQ(failure(five, 3, ChannelsPolicy::kError),
            "a.tif: the picture has 5 channels; expected 3");
  EXPECT_EQ(failure(five, 1, ChannelsPolicy::kRepeat),
            "a.tif: pictures of 5 channels cannot be repeated to 1 channel");
  EXPECT_EQ(parse_channels_policy("average"), ChannelsPolicy::kAverage);
  EXPECT_THROW(parse_channels_policy("mean"), UsageError);
}

}  // namespace
}  // namespace mae
