#include "mae/jobs/job_support.h"

#include "mae/base/error.h"
#include "mae/report/embedded_provenance.h"
#include "mae/media/image_decode.h"
#include "tiny_world.h"

namespace mae {
namespace {

Provenance example() {
  Provenance provenance;
  provenance.program = "mae-mask";
  provenance.version = "1.0";
  provenance.seed = 3;
  provenance.config = {{"mask-ratio", 0.75}};
  provenance.inputs = {{"a--><script>.h5", "xxh3:1"}};
  return provenance;
}

class JobSupport : public TinyWorld {
 protected:
  void write_example_shard(const std::string& name, const Provenance& provenance) {
    DatasetSpec spec;
    spec.name = "labels";
    spec.type = ElementType::kInt64;
    ShardWriter writer(path(name), 1, {spec});
    const int64_t label = 4;
    writer.append("labels", &label, 1);
    writer.commit(provenance);
  }
};

TEST_F(JobSupport, TheNameSaysWhatIsWritten) {
  std::filesystem::create_directory(path("exists"));
  EXPECT_EQ(output_kind("-"), OutputKind::kShard);
  EXPECT_EQ(output_kind("a.h5"), OutputKind::kShard);
  EXPECT_EQ(output_kind("a.PNG"), OutputKind::kPng);
  EXPECT_EQ(output_kind("a.html"), OutputKind::kHtml);
  EXPECT_EQ(output_kind("new.png/"), OutputKind::kFolder);
  EXPECT_EQ(output_kind(path("exists")), OutputKind::kFolder);
  EXPECT_THROW(output_kind("a.jpg"), UsageError);
  EXPECT_THROW(output_kind("a"), UsageError);
}

TEST_F(JobSupport, AShardIsUpToDateUntilAnythingDiffers) {
  EXPECT_FALSE(is_up_to_date(path("a.h5"), example()));
  write_example_shard("a.h5", example());
  EXPECT_TRUE(is_up_to_date(path("a.h5"), example()));
  Provenance other = example();
  other.seed = 4;
  EXPECT_FALSE(is_up_to_date(path("a.h5"), other));
  other = example();
  other.inputs[0].digest = "xxh3:2";
  EXPECT_FALSE(is_up_to_date(path("a.h5"), other));
  other = example();
  other.parents.push_back({{"program", "mae-patchify"}});
  EXPECT_FALSE(is_up_to_date(path("a.h5"), other));
}

TEST_F(JobSupport, ADamagedOutputIsMadeAgain) {
  write_example_shard("a.h5", example());
  std::filesystem::resize_file(path("a.h5"), std::filesystem::file_size(path("a.h5")) / 2);
  EXPECT_FALSE(is_up_to_date(path("a.h5"), example()));
}

TEST_F(JobSupport, PicturesCarryTheirProvenance) {
  Image image;
  image.height = image.width = 3;
  image.channels = 3;
  image.bytes.assign(27, 77);
  const std::string png = png_with_provenance(encode_png(image), example());
  EXPECT_EQ(decode_image(png, "a.png", {}).bytes, image.bytes);  // checksums and all
  write_file_atomically(path("a.png"), png);
  EXPECT_TRUE(is_up_to_date(path("a.png"), example()));
  EXPECT_FALSE(is_up_to_date(path("a.png"), Provenance{}));
  EXPECT_FALSE(embedded_provenance(encode_png(image)).has_value());
  EXPECT_FALSE(embedded_provenance(png.substr(0, png.size() / 2)).has_value());
}

TEST_F(JobSupport, ANameCannotCloseThePagesComment) {
  const std::string page = html_with_provenance("<html></html>\n", example());
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_EQ(page.find("-->"), page.rfind("-->"));
  EXPECT_EQ(embedded_provenance(page)->at("inputs")[0]["name"], "a--><script>.h5");
  write_file_atomically(path("a.html"), page);
  EXPECT_TRUE(is_up_to_date(path("a.html"), example()));
}

TEST_F(JobSupport, AFolderKeepsARecord) {
  std::filesystem::create_directory(path("out"));
  EXPECT_FALSE(is_up_to_date(path("out"), example()));
  record_provenance(path("out"), example());
  EXPECT_TRUE(is_up_to_date(path("out"), example()));
}

}  // namespace
}  // namespace mae
