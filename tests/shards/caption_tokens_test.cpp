#include "mae/shards/caption_tokens.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mae/base/error.h"
#include "mae/io/shard_reader.h"
#include "mae/media/image_decode.h"
#include "mae/shards/patchify_job.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

class CaptionTokensTest : public testing::Test {
 protected:
  CaptionTokensTest() {
    std::string pattern = (fs::temp_directory_path() / "mae-captions-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    Image image;
    image.height = image.width = 8;
    image.channels = 3;
    image.bytes.assign(8 * 8 * 3, 100);
    write("a.png", encode_png(image));
    write("vocab.txt", "[PAD]\n[UNK]\na\ndog\n##s\ncat\n");
    write("table.tsv", "image\tcaption\na.png\tA dog\na.png\t\na.png\tdogs, cat\n");
    job_.inputs = {path("table.tsv")};
    job_.output = path("out.h5");
    job_.layout = {{8, 8}, {4, 4}, 3, 8};
    job_.captions = {path("vocab.txt"), 3};
    job_.threads = 1;
  }
  ~CaptionTokensTest() override { fs::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
  }
  PatchifyReport run() const {
    Progress silent;
    return run_patchify_job(job_, silent);
  }

  std::string root_;
  PatchifyJob job_;
};

TEST_F(CaptionTokensTest, ShardHoldsPiecesPaddingAndVocabulary) {
  run();
  const ShardReader shard(job_.output);
  EXPECT_EQ(shard.info("tokens").shape, (std::vector<int64_t>{3, 3}));
  EXPECT_EQ(shard.read<int32_t>("tokens", 0, 3), (std::vector<int32_t>{2, 3, 0, 0, 0, 0, 3, 4, 1}));
  EXPECT_EQ(shard.read<uint8_t>("token_padding", 0, 3),
            (std::vector<uint8_t>{0, 0, 1, 1, 1, 1, 0, 0, 0}));
  const auto vocabulary = shard.read_text("vocabulary");
  EXPECT_EQ(vocabulary, (std::vector<std::string>{"[PAD]", "[UNK]", "a", "dog", "##s", "cat"}));
  const nlohmann::json& attributes = shard.info("tokens").attributes;
  EXPECT_EQ(attributes["vocabulary_size"], 6);
  EXPECT_EQ(attributes["vocabulary_digest"], vocabulary_digest(vocabulary));
  EXPECT_FALSE(shard.info("vocabulary").has_samples());
}

TEST_F(CaptionTokensTest, EveryShardOfASetHasTheVocabulary) {
  job_.shard_size = 2;
  for (const std::string& file : run().files)
    EXPECT_EQ(ShardReader(file).read_text("vocabulary").size(), 6u) << file;
}

TEST_F(CaptionTokensTest, AChangedVocabularyIsAChangedInput) {
  job_.if_changed = true;
  run();
  EXPECT_TRUE(run().up_to_date);
  write("vocab.txt", "[PAD]\n[UNK]\na\ncat\n##s\ndog\n");
  EXPECT_FALSE(run().up_to_date);
}

TEST_F(CaptionTokensTest, WithoutCaptionsOrWithABadLengthNothingIsWritten) {
  job_.captions.text_length = 0;
  EXPECT_THROW(run(), UsageError);
  job_.captions.text_length = 3;
  job_.inputs = {path("a.png")};
  EXPECT_THROW(run(), UsageError);
  job_.captions.vocab = path("missing.txt");
  EXPECT_THROW(run(), DataError);
  EXPECT_FALSE(fs::exists(job_.output));
}

}  // namespace
}  // namespace mae
