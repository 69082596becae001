// Captions on their way from shards into batches, and text that belongs to no picture.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "captioned_shard.h"
#include "mae/base/error.h"
#include "mae/data/batch_loader.h"
#include "mae/data/subset_dataset.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

class CaptionsTest : public testing::Test {
 protected:
  CaptionsTest() {
    std::string pattern = (fs::temp_directory_path() / "mae-captions-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~CaptionsTest() override { fs::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  std::shared_ptr<SampleDataset> dataset(const test::CaptionedShard& shard = {}) const {
    test::write_captioned_shard(path("c.h5"), shard);
    return open_dataset({path("c.h5")});
  }
  std::shared_ptr<const TextCorpus> corpus(const std::string& lines, int64_t length) const {
    std::ofstream(path("text.txt")) << lines;
    return std::make_shared<const TextCorpus>(path("text.txt"), test::CaptionedShard().pieces,
                                              length);
  }
  static LoaderOptions options() {
    LoaderOptions options;
    options.batch_size = 4;
    options.seed = 5;
    options.augment.augment = Augment::kNone;
    options.augment.img_size = {8, 8};
    options.stats = {{0.5}, {0.25}};
    options.text.wanted = true;
    options.text.mask_ratio = 0.5;
    return options;
  }
  static std::vector<Batch> epoch(const std::shared_ptr<const SampleDataset>& data,
                                  const LoaderOptions& options, uint32_t number) {
    BatchLoader loader(data, options);
    loader.start_epoch(number);
    std::vector<Batch> batches;
    while (auto batch = loader.next()) batches.push_back(std::move(*batch));
    return batches;
  }

  std::string root_;
};

TEST_F(CaptionsTest, DatasetsHaveTheShardsWords) {
  const auto data = dataset();
  ASSERT_NE(data->text_info(), nullptr);
  EXPECT_EQ(data->text_info()->text_length, 4);
  EXPECT_EQ(data->text_info()->pieces[3], "cat");
  EXPECT_EQ(data->text(1).tokens, (std::vector<int32_t>{2, 4, 0, 0}));
  EXPECT_EQ(data->text(1).padding, (std::vector<uint8_t>{0, 0, 1, 1}));
  EXPECT_EQ(data->text(2).padding, (std::vector<uint8_t>{1, 1, 1, 1}));
  const auto subset = subset_dataset(data, {4, 1});
  EXPECT_EQ(subset->text(1).tokens, data->text(1).tokens);
}

TEST_F(CaptionsTest, WrongWordsAreRefusedAndOnesWithoutVocabularyPassedOver) {
  test::CaptionedShard shard;
  shard.first_token = 6;
  const auto data = dataset(shard);
  EXPECT_THROW(data->text(0), DataError);
  shard.with_vocabulary = false;
  EXPECT_EQ(dataset(shard)->text_info(), nullptr);
}

TEST_F(CaptionsTest, ShardsOfOneSetAgree) {
  test::CaptionedShard other;
  test::write_captioned_shard(path("a.h5"));
  other.text_length = 5;
  test::write_captioned_shard(path("b.h5"), other);
  EXPECT_THROW(open_dataset({path("a.h5"), path("b.h5")}), DataError);
  other.text_length = 4;
  other.pieces[3] = "cow";
  test::write_captioned_shard(path("b.h5"), other);
  EXPECT_THROW(open_dataset({path("a.h5"), path("b.h5")}), DataError);
  other.with_vocabulary = false;
  test::write_captioned_shard(path("b.h5"), other);
  EXPECT_THROW(open_dataset({path("a.h5"), path("b.h5")}), DataError);
  EXPECT_THROW(open_dataset({path("b.h5"), path("a.h5")}), DataError);
}

TEST_F(CaptionsTest, BatchesHaveThemWhereTheyAreWanted) {
  const auto data = dataset();
  LoaderOptions wanted = options();
  const std::vector<Batch> batches = epoch(data, wanted, 0);
  ASSERT_EQ(batches.size(), 2u);
  const TextInput& captions = batches[0].captions;
  EXPECT_EQ(captions.tokens.sizes(), (std::vector<int64_t>{4, 4}));
  for (int64_t i = 0; i < 4; ++i) {
    const TokenRow row = data->text(batches[0].indices[static_cast<size_t>(i)]);
    for (int64_t t = 0; t < 4; ++t) {
      EXPECT_EQ(captions.tokens[i][t].item<int64_t>(), row.tokens[static_cast<size_t>(t)]);
      EXPECT_EQ(captions.padding[i][t].item<int64_t>(), row.padding[static_cast<size_t>(t)]);
    }
  }
  EXPECT_TRUE(at::equal(captions.selection.mask[0], captions.selection.mask[3]));
  wanted.text.wanted = false;
  EXPECT_FALSE(epoch(data, wanted, 0)[0].captions.tokens.defined());
}

TEST_F(CaptionsTest, MasksOfTheirOwnDependOnTheSampleAlone) {
  test::CaptionedShard shard;
  shard.text_length = 16;
  const auto data = dataset(shard);
  LoaderOptions own = options();
  own.text.shared_mask = false;
  const std::vector<Batch> batches = epoch(data, own, 1);
  EXPECT_FALSE(
      at::equal(batches[0].captions.selection.mask[0], batches[0].captions.selection.mask[1]));
  own.batch_size = 3;
  const std::vector<Batch> others = epoch(data, own, 1);
  EXPECT_TRUE(
      at::equal(batches[0].captions.selection.mask[3], others[1].captions.selection.mask[0]));
  EXPECT_FALSE(at::equal(batches[0].captions.selection.mask[0],
                         epoch(data, own, 2)[0].captions.selection.mask[0]));
}

TEST_F(CaptionsTest, ProcessesDivideCaptionsAndTextAsPictures) {
  const auto data = dataset();
  LoaderOptions whole = options();
  whole.text.unpaired = corpus("a cat\ndogs\na\ncats a\na dog dog\n", 6);
  LoaderOptions part = whole;
  part.part = {1, 2};
  const std::vector<Batch> all = epoch(data, whole, 3), own = epoch(data, part, 3);
  const std::vector<int64_t> positions = positions_of_part(4, part.part);
  ASSERT_EQ(own[0].captions.tokens.size(0), static_cast<int64_t>(positions.size()));
  for (size_t i = 0; i < positions.size(); ++i) {
    for (const auto text : {&Batch::captions, &Batch::unpaired_text}) {
      const TextInput &mine = own[0].*text, &theirs = all[0].*text;
      const auto row = static_cast<int64_t>(i);
      EXPECT_TRUE(at::equal(mine.tokens[row], theirs.tokens[positions[i]]));
      EXPECT_TRUE(at::equal(mine.selection.mask[row], theirs.selection.mask[positions[i]]));
    }
  }
}

TEST_F(CaptionsTest, UnpairedTextGoesOnWhereTheEpochBeforeStopped) {
  const auto data = dataset();
  LoaderOptions some = options();
  some.batch_size = 3;  // two batches an epoch: six lines of the five
  some.text.unpaired = corpus("a\n\ncat\ndog\na cat\ndogs\n \n", 3);
  ASSERT_EQ(some.text.unpaired->size(), 5);
  std::vector<std::string> seen;
  for (uint32_t e = 0; e < 5; ++e) {
    for (const Batch& batch : epoch(data, some, e)) {
      for (int64_t i = 0; i < 3; ++i) {
        std::string row;
        for (int64_t t = 0; t < 3; ++t)
          row += std::to_string(batch.unpaired_text.tokens[i][t].item<int64_t>()) + " ";
        seen.push_back(row);
      }
    }
  }
  for (size_t pass = 0; pass < 6; ++pass) {  // each pass has every line once
    const std::set<std::string> lines(seen.begin() + static_cast<long>(5 * pass),
                                      seen.begin() + static_cast<long>(5 * pass + 5));
    EXPECT_EQ(lines.size(), 5u) << pass;
  }
  EXPECT_NE(std::vector<std::string>(seen.begin(), seen.begin() + 5),
            std::vector<std::string>(seen.begin() + 5, seen.begin() + 10));
}

TEST_F(CaptionsTest, TextWithoutWordsIsRefused) {
  EXPECT_THROW(corpus("\n \n\t\n", 4), DataError);
  EXPECT_THROW(corpus("a\n", 0), UsageError);
  EXPECT_THROW(TextCorpus(path("missing"), test::CaptionedShard().pieces, 4), DataError);
}

TEST_F(CaptionsTest, ASampleOfABatchKeepsItsWords) {
  const Batch batch = epoch(dataset(), options(), 0)[0];
  const Batch one = sample_of(batch, 2);
  EXPECT_TRUE(at::equal(one.captions.tokens[0], batch.captions.tokens[2]));
  EXPECT_TRUE(at::equal(one.captions.selection.mask[0], batch.captions.selection.mask[2]));
  EXPECT_TRUE(at::equal(one.images[0], batch.images[2]));
  EXPECT_EQ(one.indices[0], batch.indices[2]);
}

}  // namespace
}  // namespace mae
