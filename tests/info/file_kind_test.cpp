#include "mae/info/file_kind.h"

#include "mae/base/error.h"
#include "sample_files.h"

namespace mae {
namespace {

class FileKindTest : public test::SampleFiles {
 protected:
  // The hint of the error for a file with these bytes.
  std::string hint_for(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    try {
      file_kind(path(name));
    } catch (const DataError& error) {
      return error.hint();
    }
    return "accepted";
  }
};

TEST_F(FileKindTest, GoesByContentNotByName) {
  std::filesystem::rename(write_shard("a.h5"), path("a.bin"));
  EXPECT_EQ(file_kind(path("a.bin")), FileKind::kShard);
  std::filesystem::rename(write_checkpoint("m.safetensors", {}), path("m.bin"));
  EXPECT_EQ(file_kind(path("m.bin")), FileKind::kTensors);
  EXPECT_EQ(file_kind(write_run("run")), FileKind::kRun);
  EXPECT_EQ(file_kind(folder_), FileKind::kShardFolder);
  EXPECT_EQ(file_kind("-"), FileKind::kShard);
  std::ofstream(path("some.txt")) << "# mae-shard-set\na.bin\n";
  EXPECT_EQ(file_kind(path("some.txt")), FileKind::kShardIndex);
  EXPECT_EQ(member_files(path("some.txt")), std::vector<std::string>{path("a.bin")});
}

TEST_F(FileKindTest, KnowsPublishedCheckpoints) {
  const std::string golden = MAE_TESTS_DIR "/golden/pth/";
  for (const char* name : {"zip.pth", "legacy.pth"}) {
    std::filesystem::copy_file(golden + name, path(std::string(name) + ".bin"));
    EXPECT_EQ(file_kind(path(std::string(name) + ".bin")), FileKind::kPublished);
  }
  EXPECT_EQ(hint_for("damaged.pth", "PQ\x03\x04...."), "accepted")
      << "the reader says what is wrong";
  std::filesystem::create_directory(path("hub"));
  std::ofstream(path("hub/model.safetensors")) << "x";
  EXPECT_EQ(file_kind(path("hub")), FileKind::kPublished);
}

TEST_F(FileKindTest, RefusesOtherFiles) {
  EXPECT_EQ(hint_for("empty", ""), "the file is empty");
  EXPECT_NE(hint_for("picture.png", "\x89PNG\r\n\x1a\n"), "accepted");
}

TEST_F(FileKindTest, MissingIsDataError) { EXPECT_THROW(file_kind(path("none.h5")), DataError); }

TEST_F(FileKindTest, ADamagedHeadIsStillTakenByItsName) {
  std::ofstream(path("cut.h5")) << "abc";
  EXPECT_EQ(file_kind(path("cut.h5")), FileKind::kShard);  // the reader then says what is wrong
}

TEST_F(FileKindTest, MembersOfARunComeInAFixedOrder) {
  const std::string run = write_run("run");
  EXPECT_EQ(member_files(run),
            (std::vector<std::string>{run + "/checkpoint.safetensors", run + "/state.safetensors",
                                      run + "/log.jsonl"}));
  EXPECT_EQ(run_files(run + "/").front(), run + "/checkpoint.safetensors");
}

}  // namespace
}  // namespace mae
