#include "mae/ops/tubelets.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "mae/base/error.h"
#include "mae/ops/patchify.h"

namespace mae {
namespace {

Tensor counted_video() { return at::arange(2 * 3 * 4 * 6 * 8).reshape({2, 3, 4, 6, 8}); }

TEST(Tubelets, RunByTimeThenRasterChannelFastest) {
  const Tensor video = counted_video();
  const Tensor tokens = tubelets(video, 2, {3, 4});
  ASSERT_EQ(tokens.sizes(), (at::IntArrayRef{2, 2 * 2 * 2, 2 * 3 * 4 * 3}));
  // Token 5 is slot 1, row 0, column 1; value (frame 1, row 2, column 3, channel 1) of it.
  const int64_t place = ((1 * 3 + 2) * 4 + 3) * 3 + 1;
  EXPECT_EQ(tokens[1][5][place].item<int64_t>(), video[1][1][2 + 1][2][4 + 3].item<int64_t>());
}

TEST(Tubelets, OfOneFrameArePatches) {
  const Tensor video = counted_video();
  EXPECT_TRUE(at::equal(tubelets(video, 1, {3, 4}).slice(/*dim=*/1, 0, 4),
                        patchify(video.select(/*dim=*/2, 0), {3, 4})));
}

TEST(Tubelets, ComeBack) {
  const Tensor video = counted_video();
  EXPECT_TRUE(
      at::equal(videos_of_tubelets(tubelets(video, 2, {3, 4}), 2, {2, 2}, 2, {3, 4}), video));
}

TEST(Tubelets, RefuseWhatDoesNotDivide) {
  EXPECT_THROW(tubelets(counted_video(), 3, {3, 4}), UsageError);
  EXPECT_THROW(tubelets(counted_video(), 2, {4, 4}), UsageError);
  EXPECT_THROW(tubelets(counted_video(), 0, {3, 4}), UsageError);
}

}  // namespace
}  // namespace mae
