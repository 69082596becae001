// Batches: the exact published normalisation, an order and augmentation that depend on seed, epoch
// and sample alone.
#include "mae/data/batch_loader.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "mae/base/error.h"
#include "support/memory_dataset.h"

namespace mae {
namespace {

std::shared_ptr<test::MemoryDataset> tiny_dataset(int64_t samples = 23) {
  return std::make_shared<test::MemoryDataset>(samples, Size2d{12, 10});
}

LoaderOptions tiny_options(const SampleDataset& dataset) {
  LoaderOptions options;
  options.batch_size = 5;
  options.shuffle = true;
  options.seed = 3;
  options.augment.img_size = {8, 8};
  options.stats = dataset.pixel_stats();
  return options;
}

std::vector<Batch> epoch(BatchLoader& loader, uint32_t number, int64_t first_batch = 0) {
  std::vector<Batch> batches;
  loader.start_epoch(number, first_batch);
  while (auto batch = loader.next()) batches.push_back(std::move(*batch));
  return batches;
}

std::vector<int64_t> order_of(const std::vector<Batch>& batches) {
  std::vector<int64_t> order;
  for (const Batch& batch : batches)
    order.insert(order.end(), batch.indices.begin(), batch.indices.end());
  return order;
}

TEST(BatchLoader, GivesEverySampleOncePerEpoch) {
  const auto dataset = tiny_dataset();
  BatchLoader loader(dataset, tiny_options(*dataset));
  EXPECT_EQ(loader.batches_per_epoch(), 5);
  const std::vector<Batch> batches = epoch(loader, 0);
  ASSERT_EQ(batches.size(), 5u);
  EXPECT_EQ(batches.back().images.size(0), 3);
  std::vector<int64_t> order = order_of(batches), sorted = order, all(23);
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(order, all) << "shuffled";
  EXPECT_NE(order_of(epoch(loader, 1)), order) << "a fresh order each epoch";
  EXPECT_EQ(order_of(epoch(loader, 0)), order);
  EXPECT_FALSE(loader.next()) << "nothing follows the end";
  for (const Batch& batch : batches)
    for (size_t i = 0; i < batch.indices.size(); ++i) {
      EXPECT_EQ(batch.ids[i], dataset->id(batch.indices[i]));
      EXPECT_EQ(batch.labels[static_cast<int64_t>(i)].item<int64_t>(), batch.indices[i] % 3);
    }
}

TEST(BatchLoader, DropsAnIncompleteLastBatch) {
  const auto dataset = tiny_dataset();
  LoaderOptions options = tiny_options(*dataset);
  options.drop_last = true;
  BatchLoader loader(dataset, options);
  EXPECT_EQ(loader.batches_per_epoch(), 4);
  EXPECT_EQ(order_of(epoch(loader, 0)).size(), 20u);
}

TEST(BatchLoader, ThreadsAndBatchSizeChangeNoPixel) {
  const auto dataset = tiny_dataset();
  LoaderOptions options = tiny_options(*dataset);
  BatchLoader one(dataset, options);
  options.threads = 4;
  options.batch_size = 9;
  BatchLoader four(dataset, options);
  const std::vector<Batch> a = epoch(one, 2), b = epoch(four, 2);
  EXPECT_EQ(order_of(a), order_of(b));
  std::vector<Tensor> rows_a, rows_b;
  for (const Batch& batch : a)
    for (int64_t i = 0; i < batch.images.size(0); ++i) rows_a.push_back(batch.images[i]);
  for (const Batch& batch : b)
    for (int64_t i = 0; i < batch.images.size(0); ++i) rows_b.push_back(batch.images[i]);
  ASSERT_EQ(rows_a.size(), rows_b.size());
  for (size_t i = 0; i < rows_a.size(); ++i) EXPECT_TRUE(at::equal(rows_a[i], rows_b[i])) << i;
}

TEST(BatchLoader, StartsInTheMiddleOfAnEpoch) {
  const auto dataset = tiny_dataset();
  LoaderOptions options = tiny_options(*dataset);
  options.threads = 2;
  BatchLoader loader(dataset, options);
  const std::vector<Batch> whole = epoch(loader, 1);
  loader.start_epoch(0);
  ASSERT_TRUE(loader.next());  // batches of another epoch are under way and must not appear
  const std::vector<Batch> rest = epoch(loader, 1, 3);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].indices, whole[3].indices);
  EXPECT_TRUE(at::equal(rest[1].images, whole[4].images));
}

TEST(BatchLoader, OrderIsKeyedBySeed) {
  const auto dataset = tiny_dataset();
  LoaderOptions options = tiny_options(*dataset);
  BatchLoader first(dataset, options);
  options.seed = 4;
  BatchLoader second(dataset, options);
  EXPECT_NE(order_of(epoch(first, 0)), order_of(epoch(second, 0)));
}

class BrokenDataset : public test::MemoryDataset {
 public:
  BrokenDataset() : MemoryDataset(23, {12, 10}) {}
  Image image(int64_t index) const override {
    if (index == 7) throw DataError("damaged", name(index));
    Image image = MemoryDataset::image(index);
    if (index == 11) image.channels = 1;
    return image;
  }
};

TEST(BatchLoader, PassesAWorkersErrorOn) {
  const auto dataset = std::make_shared<BrokenDataset>();
  LoaderOptions options = tiny_options(*dataset);
  options.shuffle = false;
  options.threads = 3;
  BatchLoader loader(dataset, options);
  loader.start_epoch(0);
  EXPECT_TRUE(loader.next());
  EXPECT_THROW(loader.next(), DataError);  // samples 5 to 9
  EXPECT_THROW(loader.next(), DataError);  // 10 to 14: another number of channels
}

TEST(BatchLoader, RefusesABatchOfNothing) {
  const auto dataset = tiny_dataset();
  LoaderOptions options = tiny_options(*dataset);
  options.batch_size = 0;
  EXPECT_THROW(BatchLoader(dataset, options), UsageError);
}

TEST(NormalizeImages, EqualsToTensorAndNormalizeToTheBit) {
  Image image;
  image.height = 16;
  image.width = 16;
  image.channels = 3;
  for (int i = 0; i < 256; ++i)
    for (int c = 0; c < 3; ++c) image.bytes.push_back(static_cast<uint8_t>((i + 85 * c) % 256));
  const PixelStats stats{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
  const Tensor out = normalize_images({image}, stats);
  ASSERT_EQ(out.sizes().vec(), (std::vector<int64_t>{1, 3, 16, 16}));
  for (int c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(stats.mean[static_cast<size_t>(c)]);
    const auto std = static_cast<float>(stats.std[static_cast<size_t>(c)]);
    const Tensor plane = out[0][c].flatten();
    for (int i = 0; i < 256; ++i) {
      const volatile float unit = static_cast<float>((i + 85 * c) % 256) / 255.0f;
      const volatile float centred = unit - mean;
      EXPECT_EQ(plane[i].item<float>(), centred / std) << c << " " << i;
    }
  }
}

TEST(NormalizeImages, ScalesSixteenBitsByTheirOwnRange) {
  Image image;
  image.height = 1;
  image.width = 3;
  image.channels = 1;
  image.bit_depth = 16;
  image.bytes.resize(6);
  image.samples16()[0] = 0;
  image.samples16()[1] = 65535;
  image.samples16()[2] = 256;
  const Tensor out = normalize_images({image}, {{0.5}, {0.25}}).flatten();
  EXPECT_EQ(out[0].item<float>(), -2.0f);
  EXPECT_EQ(out[1].item<float>(), 2.0f);
  EXPECT_FLOAT_EQ(out[2].item<float>(), (256.0f / 65535.0f - 0.5f) / 0.25f);
}

TEST(NormalizeImages, RefusesStatsThatDoNotFit) {
  const Image image = tiny_dataset()->image(0);
  EXPECT_THROW(normalize_images({image}, {{0.5}, {0.25}}), UsageError);
  EXPECT_THROW(normalize_images({image}, {{0.5, 0.5, 0.5}, {0.25, 0.0, 0.25}}), UsageError);
}

TEST(BatchLoader, StoredPixelsAreThoseOfTheImages) {
  const auto dataset = tiny_dataset();
  LoaderOptions options = tiny_options(*dataset);
  BatchLoader plain(dataset, options);
  options.keep_stored = true;
  options.threads = 3;
  BatchLoader stored(dataset, options);
  const std::vector<Batch> images = epoch(plain, 4), pixels = epoch(stored, 4);
  ASSERT_EQ(images.size(), pixels.size());
  for (size_t b = 0; b < images.size(); ++b) {
    EXPECT_EQ(images[b].indices, pixels[b].indices);
    EXPECT_FALSE(pixels[b].images.defined());
    const Tensor samples = pixels[b].pixels.samples.to(at::kLong);  // [B, H, W, C]
    for (int64_t c = 0; c < dataset->channels(); ++c) {
      const Tensor plane = samples.select(3, c);
      const Tensor values = pixels[b].pixels.table[c].index_select(0, plane.flatten());
      EXPECT_TRUE(at::equal(values.view_as(plane), images[b].images.select(1, c)));
    }
    const Batch one = sample_of(pixels[b], 1);
    EXPECT_TRUE(at::equal(one.pixels.samples[0], pixels[b].pixels.samples[1]));
  }
}

}  // namespace
}  // namespace mae
