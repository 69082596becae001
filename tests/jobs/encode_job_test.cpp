#include "mae/jobs/encode_job.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/from_blob.h>

#include <cmath>
#include <limits>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/base/log.h"
#include "mae/data/batch_loader.h"
#include "mae/io/shard_set.h"
#include "mae/media/image_decode.h"
#include "mae/ops/patchify.h"
#include "tiny_world.h"

namespace mae {
namespace {

constexpr double kTolerance = 1e-5;  // float32, other batch sizes sum in another order

class EncodeJobTest : public TinyWorld {
 protected:
  EncodeReport run(const EncodeJob& job) {
    Progress silent;
    return run_encode_job(job, silent);
  }
  EncodeJob job(const std::string& input, const std::string& output) {
    EncodeJob job;
    job.inference.model = write_model("model.safetensors", *model_);
    job.inference.inputs = {input};
    job.output.path = path(output);
    return job;
  }
  Tensor read(const std::string& file, const std::string& dataset) {
    const ShardReader shard(path(file));
    std::vector<float> values = shard.read<float>(dataset, 0, shard.samples());
    return at::from_blob(values.data(), shard.info(dataset).shape).clone();
  }
  /// What the model says about a shard, computed here.
  EncoderOutput expected(const std::string& shard, const EncodeRequest& request = {}) {
    const auto dataset = open_dataset({shard});
    std::vector<Image> images;
    for (int64_t i = 0; i < dataset->size(); ++i) images.push_back(dataset->image(i));
    const PixelStats stats{{0.5, 0.5, 0.5}, {0.25, 0.25, 0.25}};
    const at::NoGradGuard no_grad;
    return model_->encode(normalize_images(images, stats), nullptr, request);
  }
  static void expect_close(const Tensor& got, const Tensor& want, double tolerance = kTolerance) {
    ASSERT_EQ(got.sizes(), want.sizes());
    EXPECT_LT((got - want).abs().max().item<float>(), tolerance);
  }
  void write_masks(const std::string& shard, const std::string& name, const MaskList& masks) {
    const ShardReader patches(shard);
    DatasetSpec mask, names;
    mask.name = "mask";
    mask.sample_shape = {16};
    names.name = "names";
    names.is_text = true;
    mask.attributes["patches_digest"] = patches.digest();
    ShardWriter writer(path(name), 5, {mask, names});
    for (const auto& row : masks) writer.append("mask", row.data(), 1);
    writer.append_text("names", patches.read_text("names"));
    writer.commit({});
  }

  std::shared_ptr<Mae> model_ = tiny_model();
};

TEST_F(EncodeJobTest, ClassTokenAndMeanOfTheModelsTokens) {
  const std::string shard = write_shard("train.h5");
  EncodeJob cls = job(shard, "cls.h5");
  const EncodeReport report = run(cls);
  EXPECT_EQ(report.samples, 5);
  EXPECT_EQ(report.embed_dim, 16);
  const Tensor tokens = expected(shard).tokens;
  expect_close(read("cls.h5", "features"), tokens.select(1, 0));
  EncodeJob mean = job(shard, "mean.h5");
  mean.features.pool = Pool::kMean;
  run(mean);
  expect_close(read("mean.h5", "features"), tokens.slice(1, 1).mean(1));
  const ShardReader features(path("mean.h5")), patches(shard);
  EXPECT_EQ(features.info("features").attributes["pool"], "mean");
  EXPECT_EQ(features.read_text("names"), patches.read_text("names"));
  EXPECT_EQ(features.read_text("class_names"), patches.read_text("class_names"));
  EXPECT_EQ(features.read<int64_t>("labels", 0, 5), patches.read<int64_t>("labels", 0, 5));
}

TEST_F(EncodeJobTest, PatchesBlocksAndAttention) {
  const std::string shard = write_shard("train.h5");
  EncodeJob all = job(shard, "all.h5");
  all.features.patches = all.features.attention = true;
  all.features.blocks = {2, 1};
  run(all);
  const EncoderOutput output = expected(shard, {{2, 1}, true});
  expect_close(read("all.h5", "patch_features"), output.tokens.slice(1, 1));
  const Tensor blocks = read("all.h5", "block_features");
  expect_close(blocks.select(1, 0), output.blocks[0].select(1, 0));
  expect_close(blocks.select(1, 1), output.blocks[1].select(1, 0));
  expect_close(read("all.h5", "attention"), output.attention);

  all.features.half_patches = true;
  all.output.path = path("half.h5");
  run(all);
  EXPECT_EQ(ShardReader(path("half.h5")).info("patch_features").type, ElementType::kFloat16);
  all.features.blocks = {3};
  EXPECT_THROW(run(all), UsageError);
}

TEST_F(EncodeJobTest, BatchSizeAndThreadsChangeNothing) {
  const std::string shard = write_shard("train.h5");
  EncodeJob one = job(shard, "one.h5"), two = job(shard, "two.h5");
  one.inference.batch_size = 5;
  two.inference.batch_size = 2;
  two.inference.threads = 3;
  run(one);
  run(two);
  expect_close(read("two.h5", "features"), read("one.h5", "features"));
  EXPECT_EQ(ShardReader(path("two.h5")).read_text("names"),
            ShardReader(path("one.h5")).read_text("names"));
}

TEST_F(EncodeJobTest, ThreadsThatEncodePartsOfABatchChangeNothing) {
  TinyShard many;
  many.samples = 50;  // three threads take 16, 17 and 17
  const std::string shard = write_shard("many.h5", many);
  EncodeJob one = job(shard, "one.h5"), three = job(shard, "three.h5");
  three.inference.threads = 3;
  for (EncodeJob* both : {&one, &three}) {
    both->inference.batch_size = 50;
    both->features.patches = both->features.attention = true;
    both->features.blocks = {1, 2};
    run(*both);
  }
  for (const char* dataset : {"features", "patch_features", "block_features", "attention"})
    expect_close(read("three.h5", dataset), read("one.h5", dataset));
}

TEST_F(EncodeJobTest, CheckpointsStatisticsCountNotTheShards) {
  TinyShard other;
  other.mean = {0.1, 0.1, 0.1};
  const std::string a = write_shard("a.h5"), b = write_shard("b.h5", other);
  run(job(a, "fa.h5"));
  run(job(b, "fb.h5"));
  expect_close(read("fb.h5", "features"), read("fa.h5", "features"), 1e-7);
}

TEST_F(EncodeJobTest, PatchSizeOfTheShardDoesNotMatter) {
  const std::string shard = write_shard("fine.h5");
  // The same pictures cut into 2 x 2 patches of 8 x 8 pixels.
  const auto dataset = open_dataset({shard});
  TinyShard coarse;
  coarse.grid = {2, 2};
  coarse.patch_size = {8, 8};
  coarse.rows = [&](int64_t i) {
    Image image = dataset->image(i);
    const Tensor pixels = at::from_blob(image.bytes.data(), {1, 16, 16, 3}, at::kByte);
    const Tensor patches = patchify(pixels.permute({0, 3, 1, 2}), {8, 8}).contiguous();
    const uint8_t* begin = patches.data_ptr<uint8_t>();
    return std::vector<uint8_t>(begin, begin + patches.numel());
  };
  run(job(shard, "a.h5"));
  run(job(write_shard("coarse.h5", coarse), "b.h5"));
  expect_close(read("b.h5", "features"), read("a.h5", "features"), 1e-7);
}

TEST_F(EncodeJobTest, FoldersOfPicturesAndDamagedOnes) {
  const auto dataset = open_dataset({write_shard("train.h5")});
  for (int64_t i = 0; i < 3; ++i) {
    const std::string folder = path(i < 2 ? "photos/cat" : "photos/dog");
    make_directories(folder);
    write_file_atomically(folder + "/" + std::to_string(i) + ".png", encode_png(dataset->image(i)));
  }
  EncodeJob folder = job(path("photos"), "folder.h5");
  EXPECT_EQ(run(folder).samples, 3);
  run(job(path("train.h5"), "shard.h5"));
  expect_close(read("folder.h5", "features"), read("shard.h5", "features").slice(0, 0, 3));
  EXPECT_EQ(ShardReader(path("folder.h5")).read<int64_t>("labels", 0, 3),
            (std::vector<int64_t>{0, 0, 1}));

  write_file_atomically(path("photos/cat/1.png"), "no picture");
  EXPECT_THROW(run(folder), DataError);
  folder.inference.skip_bad_images = true;
  folder.rejects = path("rejects.txt");
  const EncodeReport report = run(folder);
  EXPECT_EQ(report.samples, 2);
  EXPECT_EQ(report.skipped, 1);
  EXPECT_EQ(ShardReader(path("folder.h5")).read_text("names"),
            (std::vector<std::string>{"cat/0.png", "dog/2.png"}));
  EXPECT_EQ(read_file(path("rejects.txt")).rfind("cat/1.png\t", 0), 0u);
}

TEST_F(EncodeJobTest, OtherImageSizeInterpolatesPositions) {
  TinyShard large;
  large.grid = {6, 4};
  EncodeJob job = this->job(write_shard("large.h5", large), "large_features.h5");
  job.features.patches = true;
  run(job);
  EXPECT_EQ(ShardReader(path("large_features.h5")).info("patch_features").shape,
            (std::vector<int64_t>{5, 24, 16}));
}

TEST_F(EncodeJobTest, HiddenPatchesAreZerosAndCountsMayDiffer) {
  const std::string shard = write_shard("train.h5");
  MaskList masks(5, std::vector<uint8_t>(16, 0));
  for (size_t row = 0; row < 5; ++row) {
    for (size_t patch = 0; patch < 3 * (row % 3); ++patch) masks[row][patch + row] = 1;
  }
  write_masks(shard, "mask.h5", masks);
  EncodeJob ragged = job(shard, "ragged.h5");
  ragged.masks = path("mask.h5");
  ragged.features.patches = true;
  run(ragged);
  const Tensor patches = read("ragged.h5", "patch_features");
  const Tensor features = read("ragged.h5", "features");
  const ShardReader written(path("ragged.h5"));
  const Tensor whole = expected(shard).tokens;
  expect_close(features[0], whole[0][0]);  // nothing hidden there
  EXPECT_GT((features[1] - whole[1][0]).abs().max().item<float>(), 1e-4);
  for (int64_t row = 0; row < 5; ++row) {
    EXPECT_EQ(written.read<uint8_t>("mask", row, 1), masks[static_cast<size_t>(row)]);
    for (int64_t patch = 0; patch < 16; ++patch) {
      const bool hidden = masks[static_cast<size_t>(row)][static_cast<size_t>(patch)] != 0;
      EXPECT_EQ(patches[row][patch].abs().sum().item<float>() == 0.0f, hidden);
    }
  }
  // Each row as if it had been alone.
  EncodeJob alone = ragged;
  alone.inference.batch_size = 1;
  alone.output.path = path("alone.h5");
  run(alone);
  expect_close(read("alone.h5", "patch_features"), patches);
}

TEST_F(EncodeJobTest, MasksAreReadOrDrawn) {
  const std::string shard = write_shard("train.h5");
  EncodeJob drawn = job(shard, "drawn.h5");
  drawn.mask_ratio = 0.5;
  run(drawn);
  EXPECT_EQ(ShardReader(path("drawn.h5")).info("mask").attributes["mask_ratio"], 0.5);
  drawn.masks = path("mask.h5");
  EXPECT_THROW(run(drawn), UsageError);
}

TEST_F(EncodeJobTest, ShardsOfASetTogetherEqualTheWhole) {
  const std::string shard = write_shard("train.h5");
  run(job(shard, "whole.h5"));
  EncodeJob set = job(shard, "set.h5");
  set.division.num_shards = 2;
  EXPECT_EQ(run(set).files, 2);
  const std::string first = shard_path("set.h5", 0, 2), second = shard_path("set.h5", 1, 2);
  const Tensor a = read(first, "features"), b = read(second, "features");
  EXPECT_EQ(a.size(0) + b.size(0), 5);
  const Tensor whole = read("whole.h5", "features");
  expect_close(a, whole.slice(0, 0, a.size(0)));
  expect_close(b, whole.slice(0, a.size(0)));
  EXPECT_EQ(ShardReader(path(second)).read_text("names")[0],
            ShardReader(shard).read_text("names")[static_cast<size_t>(a.size(0))]);
}

TEST_F(EncodeJobTest, AJobArrayMakesTheSameBytesAndSkipsFinishedShards) {
  const std::string shard = write_shard("train.h5");
  EncodeJob set = job(shard, "set.h5");
  set.shard_size = 2;
  EXPECT_EQ(run(set).files, 3);
  const std::string middle = path(shard_path("set.h5", 1, 3));
  const std::string bytes = read_file(middle);
  std::filesystem::remove(middle);
  EncodeJob array = set;
  array.division.shard_index = 1;
  EXPECT_EQ(run(array).files, 1);
  EXPECT_EQ(read_file(middle), bytes);
  const EncodeReport second = run(set);
  EXPECT_EQ(second.files, 0);
  EXPECT_EQ(second.up_to_date, 3);
  model_->initialize(2);  // another model: nothing is up to date
  set.inference.model = write_model("model.safetensors", *model_);
  EXPECT_EQ(run(set).files, 3);
}

TEST_F(EncodeJobTest, DryRunSaysWhichShardsAreMissing) {
  EncodeJob set = job(write_shard("train.h5"), "set.h5");
  set.division.num_shards = 2;
  set.division.shard_index = 0;
  run(set);
  set.division.shard_index = -1;
  set.output.dry_run = true;
  std::vector<std::string> said;
  set_log_sink([&](LogLevel, const std::string& line) { said.push_back(line); });
  const EncodeReport report = run(set);
  set_log_sink({});
  EXPECT_EQ(report.up_to_date, 1);
  EXPECT_EQ(said.back(), "would write " + path(shard_path("set.h5", 1, 2)) + ", samples 2 to 4");
  EXPECT_FALSE(std::filesystem::exists(path(shard_path("set.h5", 1, 2))));
}

TEST_F(EncodeJobTest, ShardingOptionsMustMakeSense) {
  const std::string shard = write_shard("train.h5");
  EncodeJob wrong = job(shard, "set.h5");
  wrong.division.num_shards = 6;  // of five samples
  EXPECT_THROW(run(wrong), UsageError);
  wrong.division.num_shards = 2;
  wrong.division.shard_index = 2;
  EXPECT_THROW(run(wrong), UsageError);
  wrong.shard_size = 2;
  EXPECT_THROW(run(wrong), UsageError);
  wrong = job(shard, "set.h5");
  wrong.division.shard_index = 0;
  EXPECT_THROW(run(wrong), UsageError);
}

TEST_F(EncodeJobTest, NumbersThatAreNotFiniteNameTheSample) {
  {
    const at::NoGradGuard no_grad;
    state_dict(*model_).at("norm.bias").fill_(std::numeric_limits<float>::quiet_NaN());
  }
  EncodeJob broken = job(write_shard("train.h5"), "broken.h5");
  try {
    run(broken);
    FAIL() << "no error";
  } catch (const NumericError& error) {
    EXPECT_EQ(error.where(), "cat/0.png");
  }
  EXPECT_FALSE(std::filesystem::exists(path("broken.h5")));
}

// A grid that is not square, patches that are not square: 32 x 48 pixels in 8 x 16.
TEST_F(EncodeJobTest, NothingIsSquare) {
  MaeOptions options = tiny_options();
  options.img_size = {32, 48};
  options.patch_size = {8, 16};
  model_ = tiny_model(options);
  TinyShard wide;
  wide.grid = {4, 3};
  wide.patch_size = {8, 16};
  const std::string shard = write_shard("wide.h5", wide);
  EncodeJob all = job(shard, "all.h5");
  all.features.patches = all.features.attention = true;
  all.features.blocks = {1};
  run(all);
  const EncoderOutput output = expected(shard, {{1}, true});
  expect_close(read("all.h5", "features"), output.tokens.select(1, 0));
  expect_close(read("all.h5", "patch_features"), output.tokens.slice(1, 1));
  expect_close(read("all.h5", "block_features").select(1, 0), output.blocks[0].select(1, 0));
  expect_close(read("all.h5", "attention"), output.attention);

  // Raster order: a change of the patch in row 2, column 1 is felt most at index 2 * 3 + 1.
  TinyShard changed = wide;
  changed.rows = [&](int64_t i) {
    std::vector<uint8_t> row = sample_bytes("cat/" + std::to_string(i) + ".png", 12 * 8 * 16 * 3);
    for (size_t v = 7 * 384; v < 8 * 384; ++v) row[v] = static_cast<uint8_t>(255 - row[v]);
    return row;
  };
  all.inference.inputs = {write_shard("changed.h5", changed)};
  all.output.path = path("changed_features.h5");
  run(all);
  const Tensor moved =
      (read("changed_features.h5", "patch_features") - read("all.h5", "patch_features"))
          .square()
          .sum(-1)
          .argmax(1);
  for (int64_t i = 0; i < 5; ++i) EXPECT_EQ(moved[i].item<int64_t>(), 7);
}

TEST_F(EncodeJobTest, FoldersAreBroughtToTheSizeThatIsAskedFor) {
  TinyShard large;
  large.grid = {6, 8};
  const auto pictures = open_dataset({write_shard("large.h5", large)});
  make_directories(path("photos/cat"));
  for (int64_t i = 0; i < 3; ++i) {
    write_file_atomically(path("photos/cat/" + std::to_string(i) + ".png"),
                          encode_png(pictures->image(i)));
  }
  EncodeJob shard = job(path("large.h5"), "shard.h5");
  run(shard);
  EncodeJob folder = job(path("photos"), "folder.h5");
  folder.features.patches = true;
  folder.inference.image_size = {24, 32};
  run(folder);
  EXPECT_EQ(ShardReader(path("folder.h5")).info("patch_features").shape,
            (std::vector<int64_t>{3, 48, 16}));
  expect_close(read("folder.h5", "features"), read("shard.h5", "features").slice(0, 0, 3));

  folder.inference.image_size = {24, 30};
  EXPECT_THROW(run(folder), UsageError);  // not a multiple of the patch
  shard.inference.image_size = {16, 16};
  EXPECT_THROW(run(shard), UsageError);  // a shard has its size
  shard.inference.image_size = {24, 32};
  EXPECT_EQ(run(shard).samples, 5);
}

// Grey pictures for a model of colour ones are, to the bit, the RGB pictures made of them.
TEST_F(EncodeJobTest, RepeatedGreyEqualsReplicatedRgb) {
  TinyShard grey, rgb;
  grey.channels = 1;
  rgb.rows = [](int64_t i) {
    std::vector<uint8_t> row;
    for (const uint8_t value : sample_bytes("cat/" + std::to_string(i) + ".png", 16 * 16)) {
      row.insert(row.end(), 3, value);
    }
    return row;
  };
  const std::string grey_shard = write_shard("grey.h5", grey);
  run(job(write_shard("rgb.h5", rgb), "rgb_features.h5"));
  for (const char* policy : {"repeat", "average"}) {
    EncodeJob adapted = job(grey_shard, "grey_features.h5");
    adapted.inference.channels_policy = policy;
    run(adapted);
    const ShardReader a(path("grey_features.h5")), b(path("rgb_features.h5"));
    EXPECT_EQ(a.read<float>("features", 0, 5), b.read<float>("features", 0, 5)) << policy;
  }
  EncodeJob refused = job(grey_shard, "refused.h5");
  EXPECT_THROW(run(refused), DataError);
  refused.inference.channels_policy = "mean";
  EXPECT_THROW(run(refused), UsageError);
}

TEST_F(EncodeJobTest, ManyBandsWorkAndAreAveragedForOtherModels) {
  TinyShard bands;
  bands.channels = 5;
  bands.mean = {0.5, 0.5, 0.5, 0.5, 0.5};
  bands.std = {0.25, 0.25, 0.25, 0.25, 0.25};
  const std::string shard = write_shard("bands.h5", bands);
  EncodeJob averaged = job(shard, "averaged.h5");
  averaged.inference.channels_policy = "repeat";
  EXPECT_THROW(run(averaged), DataError);
  averaged.inference.channels_policy = "average";
  EXPECT_EQ(run(averaged).samples, 5);
  MaeOptions options = tiny_options();
  options.in_chans = 5;
  model_ = tiny_model(options);
  EXPECT_EQ(run(job(shard, "five.h5")).samples, 5);
}

TEST_F(EncodeJobTest, ChannelsMustFit) {
  TinyShard grey;
  grey.channels = 1;
  try {
    run(job(write_shard("grey.h5", grey), "features.h5"));
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(error.line().find("grey.h5: the pictures have 1 channels but the model takes 3"),
              std::string::npos)
        << error.line();
  }
}

}  // namespace
}  // namespace mae
