#include "mae/info/info_job.h"

#include "mae/base/error.h"
#include "sample_files.h"

namespace mae {
namespace {

class InfoJobTest : public test::SampleFiles {
 protected:
  // What the job prints; errors pass through after `printed_` is filled.
  std::string answer(InfoJob::Question question, const std::vector<std::string>& inputs,
                     bool as_json = false) {
    printed_.clear();
    InfoJob job;
    job.inputs = inputs;
    job.question = question;
    job.as_json = as_json;
    Progress silent;
    run_info_job(
        job, [this](const std::string& text) { printed_ += text; }, silent);
    return printed_;
  }
  std::string printed_;
};

using Question = InfoJob::Question;

TEST_F(InfoJobTest, DescribesFileAfterFile) {
  const std::string a = write_shard("a.h5"), m = write_checkpoint("m.safetensors", {});
  const std::string text = answer(Question::kDescribe, {a, m});
  EXPECT_EQ(text.rfind(a + "\n", 0), 0u);
  EXPECT_NE(text.find("\n\n" + m + "\n"), std::string::npos) << text;
}

TEST_F(InfoJobTest, JsonIsOneLineAFile) {
  const std::string text = answer(
      Question::kDescribe, {write_shard("a.h5"), write_checkpoint("m.safetensors", {})}, true);
  const size_t end = text.find('\n');
  EXPECT_EQ(nlohmann::json::parse(text.substr(0, end)).at("samples"), 2);
  EXPECT_EQ(nlohmann::json::parse(text.substr(end + 1)).at("tensors"), 2);
}

TEST_F(InfoJobTest, TensorsHaveOneHeader) {
  const std::string m = write_checkpoint("m.safetensors", {});
  const std::string text = answer(Question::kTensors, {m, m});
  EXPECT_EQ(
      text.rfind("file\tname\ttype\tshape\n" + m + "\tpatch_embed.proj.bias\tfloat32\t2\n", 0), 0u)
      << text;
  EXPECT_EQ(text.find("file\t", 1), std::string::npos);
}

TEST_F(InfoJobTest, HistoryFollowsTheParents) {
  const std::string m = write_checkpoint("m.safetensors", {});
  EXPECT_NE(answer(Question::kHistory, {m})
                .find("\n    mae-patchify 0.1.0 --image-size=8x8 'my photos'\n"),
            std::string::npos)
      << printed_;
}

TEST_F(InfoJobTest, CheckListsEveryFileThenFails) {
  const std::string good = write_shard("a.h5"), bad = write_checkpoint("m.safetensors", {});
  EXPECT_EQ(answer(Question::kCheck, {good}), good + "\tok\n");
  damage(bad, 1);
  EXPECT_THROW(answer(Question::kCheck, {bad, good}), PartialError);
  EXPECT_NE(printed_.find(good + "\tok\n"), std::string::npos) << printed_;
  EXPECT_EQ(printed_.rfind(bad + "\t", 0), 0u) << printed_;
  EXPECT_THROW(answer(Question::kCheck, {path("none"), good}), DataError);
  EXPECT_NE(printed_.find(good + "\tok\n"), std::string::npos) << printed_;
}

TEST_F(InfoJobTest, MissingFilesAreDataErrors) {
  EXPECT_THROW(answer(Question::kDescribe, {path("none")}), DataError);
}

}  // namespace
}  // namespace mae
