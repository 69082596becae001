// Picture folders as data sets: natural sizes, labels from folders, the published preprocessing,
// damage named.
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "mae/base/error.h"
#include "mae/data/batch_loader.h"
#include "mae/data/subset_dataset.h"
#include "mae/media/image_decode.h"
#include "mae/media/resample.h"
#include "support/memory_dataset.h"

namespace mae {
namespace {

class SourceDataset : public ::testing::Test {
 protected:
  SourceDataset() {
    write("cat/a.png", {40, 60}, 0);
    write("cat/b.png", {30, 30}, 1);
    write("dog/c.png", {50, 20}, 2);
  }
  void write(const std::string& name, Size2d size, int64_t index) {
    std::filesystem::create_directories(std::filesystem::path(folder_ / name).parent_path());
    put_bytes(folder_ / name, encode_png(picture(size, index)));
  }
  static Image picture(Size2d size, int64_t index) {
    return test::MemoryDataset(3, size).image(index);
  }
  TemporaryFolder folder_;
};

TEST_F(SourceDataset, GivesPicturesAtTheirNaturalSize) {
  const auto dataset = open_dataset({folder_.path()});
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_EQ(dataset->class_names(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(dataset->label(2), 1);
  EXPECT_FALSE(dataset->image_size());
  EXPECT_FALSE(dataset->patch_size());
  EXPECT_EQ(dataset->image(0).bytes, picture({40, 60}, 0).bytes);
  EXPECT_EQ(dataset->pixel_stats().mean, (std::vector<double>{0.485, 0.456, 0.406}));
  ASSERT_EQ(dataset->inputs().size(), 1u);
  const std::string digest = dataset->inputs()[0].digest;
  write("dog/c.png", {50, 20}, 1);
  EXPECT_NE(open_dataset({folder_.path()})->inputs()[0].digest, digest);
}

TEST_F(SourceDataset, PartOfAPhotographEqualsThatOfTheWhole) {
  std::filesystem::create_directories(folder_ / "photos");
  std::filesystem::copy(std::string(MAE_TESTS_DIR) + "/golden/preprocess/bearskin.jpg",
                        folder_ / "photos/bearskin.jpg");
  const std::shared_ptr<const SampleDataset> folder = open_dataset({folder_ / "photos"});
  const Image whole = folder->image(0);
  const Box box{whole.height / 3, whole.width / 3, 20, 24};
  for (const auto& dataset : {folder, subset_dataset(folder, {0})}) {
    const Image part = dataset->image_part(0, [&](Size2d size) {
      EXPECT_EQ(size, (Size2d{whole.height, whole.width}));
      return box;
    });
    EXPECT_EQ(crop(part, box).bytes, crop(whole, box).bytes);
    EXPECT_NE(part.bytes, whole.bytes);
  }
}

TEST_F(SourceDataset, LimitAndChannelsAreKept) {
  DatasetOptions options;
  options.limit = 2;
  options.channels = 1;
  const auto dataset = open_dataset({folder_.path()}, options);
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->image(1).channels, 1);
  EXPECT_EQ(dataset->pixel_stats().std, (std::vector<double>{0.5}));
  options.channels = 0;
  EXPECT_THROW(open_dataset({folder_.path()}, options), UsageError);
}

TEST_F(SourceDataset, MoreChannelsThanThePictureHasNeedAPolicy) {
  DatasetOptions options;
  options.channels = 5;
  EXPECT_THROW(open_dataset({folder_.path()}, options)->image(0), DataError);
  options.channels_policy = ChannelsPolicy::kRepeat;
  const Image five = open_dataset({folder_.path()}, options)->image(0);
  const Image rgb = picture({40, 60}, 0);
  ASSERT_EQ(five.channels, 5);
  EXPECT_EQ(five.bytes[3], rgb.bytes[0]);
  EXPECT_EQ(five.bytes[7], rgb.bytes[5]);
}

TEST_F(SourceDataset, BitDepthAndOrientationAreKept) {
  DatasetOptions options;
  options.bit_depth = 16;
  options.exif_orientation = true;
  std::filesystem::copy(std::string(MAE_TESTS_DIR) + "/golden/orientation/6.jpg",
                        folder_ / "cat/0.jpg");
  const auto dataset = open_dataset({folder_.path()}, options);
  EXPECT_EQ(dataset->bit_depth(), 16);
  const Image image = dataset->image(0);
  EXPECT_EQ(image.bit_depth, 16);
  EXPECT_EQ(image.height, 7);
  EXPECT_EQ(open_dataset({folder_.path()})->image(0).height, 5);
}

TEST_F(SourceDataset, LoadsBatchesAsThePublishedEvaluation) {
  const auto dataset = open_dataset({folder_.path()});
  LoaderOptions options;
  options.batch_size = 3;
  options.stats = dataset->pixel_stats();
  options.augment.augment = Augment::kNone;
  options.augment.img_size = {14, 14};
  BatchLoader loader(dataset, options);
  loader.start_epoch(0);
  const std::optional<Batch> batch = loader.next();
  ASSERT_TRUE(batch);
  const Tensor expected =
      normalize_images({resize_and_center_crop(picture({40, 60}, 0), 16, {14, 14}),
                        resize_and_center_crop(picture({30, 30}, 1), 16, {14, 14}),
                        resize_and_center_crop(picture({50, 20}, 2), 16, {14, 14})},
                       options.stats);
  EXPECT_TRUE(batch->images.equal(expected));
}

TEST_F(SourceDataset, NamesADamagedPicture) {
  put_bytes(folder_ / "cat/b.png", bytes_of(folder_ / "cat/b.png").substr(0, 200));
  const auto dataset = open_dataset({folder_.path()});
  try {
    dataset->image(1);
    FAIL() << "a truncated picture was decoded";
  } catch (const DataError& error) {
    EXPECT_NE(error.line().find("b.png"), std::string::npos) << error.line();
  }
}

}  // namespace
}  // namespace mae
