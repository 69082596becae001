#include "mae/shards/patchify_job.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/io/shard_reader.h"
#include "mae/media/image_decode.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

class PatchifyJobTest : public testing::Test {
 protected:
  PatchifyJobTest() {
    std::string pattern = (fs::temp_directory_path() / "mae-shards-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    for (int i = 0; i < 7; ++i) {
      const std::string name = (i % 2 == 0 ? "in/dog/" : "in/cat/") + std::to_string(i) + ".png";
      write(name, encode_png(picture(40 + 3 * i, 50 - 2 * i, i)));
    }
    job_.inputs = {path("in")};
    job_.output = path("out.h5");
    job_.layout = {{16, 16}, {8, 8}, 3, 8};
    job_.threads = 1;
  }
  ~PatchifyJobTest() override { fs::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << bytes;
  }
  static Image picture(int64_t height, int64_t width, int seed) {
    Image image;
    image.height = height;
    image.width = width;
    image.channels = 3;
    for (int64_t i = 0; i < height * width * 3; ++i) {
      image.bytes.push_back(static_cast<uint8_t>(i * (seed + 3) + i / 37));
    }
    return image;
  }
  PatchifyReport run() const {
    Progress silent;
    return run_patchify_job(job_, silent);
  }
  std::string failure() const {
    try {
      run();
    } catch (const Error& error) {
      return error.line();
    }
    return "";
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_)) {
      if (entry.path().filename() != "in") names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string root_;
  PatchifyJob job_;
};

TEST_F(PatchifyJobTest, ShardHoldsPatchesNamesAndLabels) {
  const PatchifyReport report = run();
  EXPECT_EQ(report.samples, 7);
  EXPECT_EQ(report.patches, 4);
  EXPECT_EQ(report.patch_values, 192);
  const ShardReader shard(job_.output);
  EXPECT_EQ(shard.samples(), 7);
  EXPECT_EQ(shard.read_text("names"),
            (std::vector<std::string>{"cat/1.png", "cat/3.png", "cat/5.png", "dog/0.png",
                                      "dog/2.png", "dog/4.png", "dog/6.png"}));
  EXPECT_EQ(shard.read_text("class_names"), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(shard.read<int64_t>("labels", 0, 7), (std::vector<int64_t>{0, 0, 0, 1, 1, 1, 1}));
  const DatasetInfo& info = shard.info("patches");
  EXPECT_EQ(info.shape, (std::vector<int64_t>{7, 4, 192}));
  EXPECT_EQ(info.attributes["patch_size"], (nlohmann::json{8, 8}));
  EXPECT_EQ(info.attributes["grid"], (nlohmann::json{2, 2}));
  EXPECT_EQ(info.attributes["image_size"], (nlohmann::json{16, 16}));
  EXPECT_EQ(info.attributes["channels"], 3);
  EXPECT_EQ(info.attributes["bit_depth"], 8);
  EXPECT_EQ(info.attributes["mean"], (nlohmann::json{0.485, 0.456, 0.406}));
  EXPECT_FALSE(shard.has("captions"));

  const Image fitted = fit_image(picture(43, 48, 1), {16, 16}, kResizeAuto, "x");
  EXPECT_EQ(shard.read<uint8_t>("patches", 0, 1), gather_patches(fitted, job_.layout));
}

TEST_F(PatchifyJobTest, FilesAreTheSameForAnyNumberOfThreads) {
  job_.compute_mean_std = true;
  run();
  const std::string one = read_file(job_.output);
  job_.threads = 4;
  job_.output = path("again.h5");
  run();
  EXPECT_EQ(read_file(job_.output), one);
}

TEST_F(PatchifyJobTest, SetsHoldTheSameSamples) {
  run();
  const ShardReader whole(job_.output);
  job_.output = path("set.h5");
  job_.shard_size = 3;
  job_.compute_mean_std = true;
  const PatchifyReport report = run();
  ASSERT_EQ(report.files.size(), 3u);
  EXPECT_EQ(report.files[2], path("set-00002-of-00003.h5"));
  int64_t first = 0;
  for (const std::string& file : report.files) {
    const ShardReader shard(file);
    EXPECT_EQ(shard.read<uint8_t>("patches", 0, shard.samples()),
              whole.read<uint8_t>("patches", first, shard.samples()));
    EXPECT_EQ(shard.info("patches").attributes["mean"], nlohmann::json(report.mean));
    EXPECT_EQ(shard.read_text("class_names").size(), 2u);
    first += shard.samples();
  }
  EXPECT_EQ(first, 7);
}

TEST_F(PatchifyJobTest, ABadPictureFailsAndLeavesNothing) {
  write("in/dog/2.png", "no picture");
  write("out.h5", "old");
  EXPECT_EQ(failure(), path("in/dog/2.png") + ": not an image");
  EXPECT_EQ(files(), (std::vector<std::string>{"out.h5"}));
  EXPECT_EQ(read_file(path("out.h5")), "old");
}

TEST_F(PatchifyJobTest, BadPicturesAreSkippedAndListed) {
  write("in/dog/2.png", "no picture");
  fs::remove(path("in/cat/1.png"));
  fs::create_symlink("nowhere", path("in/cat/1.png"));
  job_.skip_bad_images = true;
  job_.rejects = path("rejects.tsv");
  job_.shard_size = 3;
  for (const int threads : {1, 4}) {
    job_.threads = threads;
    const PatchifyReport report = run();
    EXPECT_EQ(report.samples, 5);
    EXPECT_EQ(report.skipped, 2);
    EXPECT_EQ(ShardReader(report.files[0]).samples(), 2);  // sample i stays in shard i / 3
    EXPECT_EQ(ShardReader(report.files[1]).samples(), 2);
    EXPECT_EQ(ShardReader(report.files[2]).samples(), 1);
    const std::string list = read_file(job_.rejects);
    EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 2);
    EXPECT_NE(list.find(path("in/dog/2.png") + "\tnot an image\n"), std::string::npos);
  }
}

TEST_F(PatchifyJobTest, AllPicturesBadIsAnError) {
  for (int i = 0; i < 7; ++i) {
    write((i % 2 == 0 ? "in/dog/" : "in/cat/") + std::to_string(i) + ".png", "no picture");
  }
  job_.skip_bad_images = true;
  EXPECT_NE(failure().find("not one of 7 pictures could be read"), std::string::npos);
  EXPECT_TRUE(files().empty());
}

TEST_F(PatchifyJobTest, IfChangedLooksAtInputsAndOutput) {
  job_.if_changed = true;
  EXPECT_FALSE(run().up_to_date);
  const auto written = fs::last_write_time(job_.output);
  EXPECT_TRUE(run().up_to_date);
  EXPECT_EQ(fs::last_write_time(job_.output), written);
  write("in/cat/1.png", encode_png(picture(20, 20, 9)));
  EXPECT_FALSE(run().up_to_date);
  EXPECT_TRUE(run().up_to_date);
  fs::resize_file(job_.output, fs::file_size(job_.output) / 2);
  EXPECT_FALSE(run().up_to_date);
}

TEST_F(PatchifyJobTest, AnOutputThatIsUpToDateIsReportedAsWhenItWasMade) {
  write("in/dog/2.png", "no picture");
  job_.skip_bad_images = job_.compute_mean_std = job_.if_changed = true;
  const PatchifyReport first = run(), second = run();
  EXPECT_TRUE(second.up_to_date);
  EXPECT_EQ(second.samples, 6);
  EXPECT_EQ(second.skipped, 1);
  EXPECT_EQ(second.mean, first.mean);
  EXPECT_EQ(second.std, first.std);
}

TEST_F(PatchifyJobTest, DryRunWritesNothing) {
  job_.dry_run = job_.compute_mean_std = true;
  EXPECT_EQ(run().samples, 7);
  EXPECT_TRUE(run().mean.empty());
  EXPECT_TRUE(files().empty());
}

TEST_F(PatchifyJobTest, StatisticsOfAnotherShard) {
  job_.compute_mean_std = true;
  const PatchifyReport train = run();
  EXPECT_NE(train.mean[0], 0.485);
  job_.compute_mean_std = false;
  job_.stats_from = job_.output;
  job_.output = path("test.h5");
  job_.source.limit = 2;
  const PatchifyReport test = run();
  EXPECT_EQ(test.mean, train.mean);
  EXPECT_EQ(test.std, train.std);
  const ShardReader shard(job_.output);
  EXPECT_EQ(shard.provenance()["parents"].size(), 1u);
  EXPECT_EQ(shard.provenance()["inputs"].size(), 2u);
  job_.layout.channels = 1;
  EXPECT_NE(failure().find("there are 3 numbers; expected 1"), std::string::npos);
}

TEST_F(PatchifyJobTest, SixteenBitsAndGrey) {
  job_.layout = {{16, 16}, {4, 4}, 1, 16};
  run();
  const ShardReader shard(job_.output);
  EXPECT_EQ(shard.info("patches").type, ElementType::kUint16);
  EXPECT_EQ(shard.info("patches").shape, (std::vector<int64_t>{7, 16, 16}));
  EXPECT_EQ(shard.info("patches").attributes["std"], (nlohmann::json{0.5}));
}

// Sums, means and deviations of each band, of numbers that do not fit in a byte.
TEST_F(PatchifyJobTest, FiveBandsOfSixteenBitsAndTheirMoments) {
  const std::string golden = std::string(MAE_TESTS_DIR) + "/golden/pictures/";
  job_.inputs = {golden + "bands5_16_lzw.tif", golden + "bands5_16_tiles.tif"};
  job_.layout = {{16, 20}, {8, 4}, 5, 16};
  job_.resize = kResizeNever;
  job_.compute_mean_std = true;
  const PatchifyReport report = run();
  EXPECT_EQ(report.patches, 10);
  EXPECT_EQ(report.patch_values, 8 * 4 * 5);
  const ShardReader shard(path("out.h5"));
  const std::vector<uint16_t> values = shard.read<uint16_t>("patches", 0, 2);
  // The crop begins at row 2 (1.5 to the even number) and column 2; patch 6 is row 1, column 1.
  const auto pattern = [](int64_t y, int64_t x, int64_t c) {
    return (31 * y + 17 * x + 101 * c + 3) * 251 % 65536;
  };
  EXPECT_EQ(values[6 * 160 + (3 * 4 + 2) * 5 + 4], pattern(2 + 8 + 3, 2 + 4 + 2, 4));
  const nlohmann::json& attributes = shard.info("patches").attributes;
  for (size_t c = 0; c < 5; ++c) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < values.size(); i += 5) {
      sum += values[i] / 65535.0;
      squares += values[i] / 65535.0 * values[i] / 65535.0;
    }
    const double count = static_cast<double>(values.size()) / 5, mean = sum / count;
    EXPECT_NEAR(attributes["mean"][c].get<double>(), mean, 1e-12);
    EXPECT_NEAR(attributes["std"][c].get<double>(), std::sqrt(squares / count - mean * mean), 1e-9);
  }
}

TEST_F(PatchifyJobTest, OrientationIsAppliedOnRequest) {
  job_.inputs = {std::string(MAE_TESTS_DIR) + "/golden/orientation/6.jpg"};
  job_.layout = {{7, 5}, {1, 1}, 3, 8};
  job_.exif_orientation = true;
  run();
  const Image expected = decode_image(
      read_file(std::string(MAE_TESTS_DIR) + "/golden/orientation/6_expected.png"), "expected", {});
  EXPECT_EQ(ShardReader(path("out.h5")).read<uint8_t>("patches", 0, 1), expected.bytes);
}

TEST_F(PatchifyJobTest, CaptionsOfATableAreKept) {
  write("in/t.csv", "image,caption\ncat/1.png,a cat\ndog/0.png,\n");
  job_.inputs = {path("in/t.csv")};
  run();
  EXPECT_EQ(ShardReader(job_.output).read_text("captions"),
            (std::vector<std::string>{"a cat", ""}));
  EXPECT_EQ(ShardReader(job_.output).read<int64_t>("labels", 0, 2), (std::vector<int64_t>{-1, -1}));
}

TEST_F(PatchifyJobTest, OptionsThatDoNotFitAreRefusedBeforeReading) {
  const PatchifyJob good = job_;
  job_.inputs = {path("missing")};
  const auto refused = [&](const std::string& expected) {
    EXPECT_NE(failure().find(expected), std::string::npos) << failure();
    job_ = good;
    job_.inputs = {path("missing")};
  };
  job_.layout.patch_size = {8, 5};
  refused("--patch-size: the image size 16x16 is not a multiple of the patch size 8x5");
  job_.layout.patch_size = {0, 8};
  refused("at least 1 pixel");
  job_.layout.channels = 0;
  refused("--channels");
  job_.layout.channels = 5000;
  refused("--channels");
  job_.layout.bit_depth = 12;
  refused("--bit-depth");
  job_.resize = 15;
  refused("--resize");
  job_.mean = {0.5};
  refused("--mean, --std: there are 1 numbers; expected 3");
  job_.mean = {0.5, 0.5, 0.5};
  job_.std = {0.2, 0.0, 0.2};
  refused("deviations above 0");
  job_.compute_mean_std = true;
  job_.stats_from = "x.h5";
  refused("mean and deviation come from one of");
  job_.output = "-";
  job_.shard_size = 5;
  refused("--shard-size");
  job_.rejects = "x";
  refused("--rejects");
  job_ = good;
  job_.source.first = 9;
  EXPECT_NE(failure().find("--range"), std::string::npos);
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace mae
