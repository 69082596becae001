#include "mae/jobs/reconstruct_job.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/base/input_file.h"
#include "mae/jobs/mask_job.h"
#include "mae/jobs/reconstruction.h"
#include "mae/jobs/reconstruction_output.h"
#include "mae/media/image_decode.h"
#include "tiny_world.h"

namespace mae {
namespace {

constexpr int64_t kPatches = 16, kValues = 48;

class ReconstructJobTest : public TinyWorld {
 protected:
  ReconstructReport run(const ReconstructJob& job) {
    Progress silent;
    return run_reconstruct_job(job, silent);
  }
  ReconstructJob job(const std::string& input, const std::string& output) {
    ReconstructJob job;
    job.inference.model = write_model("model.safetensors", *model_);
    job.inference.inputs = {input};
    job.output.path = path(output);
    job.seed = 3;
    return job;
  }
  /// A model whose prediction is zero everywhere: the mean colour, or with norm_pix_loss the mean
  /// of each patch.
  void predict_zero(bool norm_pix_loss) {
    MaeOptions options = tiny_options();
    options.norm_pix_loss = norm_pix_loss;
    model_ = tiny_model(options);
    const at::NoGradGuard no_grad;
    state_dict(*model_).at("decoder_pred.weight").zero_();
    state_dict(*model_).at("decoder_pred.bias").zero_();
  }

  std::shared_ptr<Mae> model_ = tiny_model();
};

TEST_F(ReconstructJobTest, ShardKeepsWhatIsVisibleAndMeasuresTheRest) {
  const std::string shard = write_shard("test.h5");
  const ReconstructReport report = run(job(shard, "out.h5"));
  EXPECT_EQ(report.samples, 5);
  const ShardReader out(path("out.h5")), in(shard);
  const auto original = in.read<uint8_t>("patches", 0, 5),
             got = out.read<uint8_t>("reconstruction", 0, 5);
  const auto mask = out.read<uint8_t>("mask", 0, 5);
  const auto error = out.read<float>("error", 0, 5);
  double sum = 0;
  int64_t hidden = 0;
  for (size_t patch = 0; patch < 5 * kPatches; ++patch) {
    double squares = 0;
    for (size_t v = 0; v < kValues; ++v) {
      const double d = double{1} * got[patch * kValues + v] - original[patch * kValues + v];
      squares += d * d;
    }
    EXPECT_NEAR(error[patch], squares / kValues, 1e-2) << patch;
    if (mask[patch] == 0) {
      EXPECT_EQ(squares, 0) << patch;
    }
    sum += squares / kValues;
    hidden += mask[patch];
  }
  EXPECT_EQ(hidden, 5 * 12);
  EXPECT_NEAR(report.masked_mse, sum / static_cast<double>(hidden), 1e-2);
  EXPECT_GT(report.masked_mse, 100);  // noise cannot be predicted
  EXPECT_EQ(out.read_text("names"), in.read_text("names"));
  EXPECT_EQ(out.info("reconstruction").attributes["patch_size"], nlohmann::json({4, 4}));
  EXPECT_EQ(out.info("mask").attributes["seed"], 3);
}

TEST_F(ReconstructJobTest, PixelsAreDenormalisedWithTheCheckpointsStatistics) {
  predict_zero(/*norm_pix_loss=*/false);
  run(job(write_shard("test.h5"), "out.h5"));
  const ShardReader out(path("out.h5"));
  const auto got = out.read<uint8_t>("reconstruction", 0, 5);
  const auto mask = out.read<uint8_t>("mask", 0, 5);
  for (size_t i = 0; i < got.size(); ++i) {
    if (mask[i / kValues] == 0) continue;
    EXPECT_EQ(got[i], 128) << i;  // 0.5 * 255, rounded to even
  }
}

TEST_F(ReconstructJobTest, TruthGivesEachPatchItsOwnMean) {
  predict_zero(/*norm_pix_loss=*/true);
  const std::string shard = write_shard("test.h5");
  ReconstructJob truth = job(shard, "truth.h5"), visible = job(shard, "visible.h5");
  truth.patch_stats = "truth";
  const ReconstructReport with_truth = run(truth), with_visible = run(visible);
  const auto original = ShardReader(shard).read<uint8_t>("patches", 0, 5);
  const ShardReader out(path("truth.h5"));
  const auto got = out.read<uint8_t>("reconstruction", 0, 5),
             mask = out.read<uint8_t>("mask", 0, 5);
  for (size_t patch = 0; patch < 5 * kPatches; ++patch) {
    if (mask[patch] == 0) continue;
    double mean = 0;
    for (size_t v = 0; v < kValues; ++v) mean += original[patch * kValues + v] / double{kValues};
    EXPECT_NEAR(got[patch * kValues], mean, 0.51) << patch;
    EXPECT_EQ(got[patch * kValues], got[patch * kValues + kValues - 1]);
  }
  EXPECT_LT(with_truth.masked_mse, with_visible.masked_mse);
  EXPECT_EQ(out.info("reconstruction").attributes["patch_stats"], "truth");
  EXPECT_EQ(ShardReader(path("visible.h5")).info("reconstruction").attributes["patch_stats"],
            "visible");
  truth.patch_stats = "guess";
  EXPECT_THROW(run(truth), UsageError);
}

TEST(FillFromVisible, KnownValuesStayAndNeighboursDecide) {
  const Tensor values = at::tensor({1.0f, 100.0f, 3.0f, 5.0f}).view({1, 4, 1});
  const Tensor mask = at::tensor({0, 1, 0, 0}, at::kByte).view({1, 4});
  const Tensor row = fill_from_visible(values, mask, Size2d{1, 4});
  EXPECT_EQ(row[0][0].item<float>(), 1.0f);
  EXPECT_EQ(row[0][2].item<float>(), 3.0f);
  // Neighbours 1 and 3 weigh one each, 5 at distance two a sixteenth.
  EXPECT_NEAR(row[0][1].item<float>(), (1 + 3 + 5.0 / 16) / (2 + 1.0 / 16), 1e-5);
  const Tensor square = fill_from_visible(values, mask, Size2d{2, 2});
  EXPECT_NEAR(square[0][1].item<float>(), (1 + 3.0 / 4 + 5) / (2 + 1.0 / 4), 1e-5);
}

TEST_F(ReconstructJobTest, MasksOfTheShardAreUsedUnlessDrawnOnesAreWanted) {
  const std::string shard = write_shard("test.h5");
  MaskJob mask;
  mask.inputs = {shard};
  mask.output.path = path("both.h5");
  mask.with_patches = true;
  mask.mask_ratio = 0.5;
  Progress silent;
  run_mask_job(mask, silent);
  ReconstructJob stored = job(path("both.h5"), "stored.h5");
  run(stored);
  EXPECT_EQ(ShardReader(path("stored.h5")).read<uint8_t>("mask", 0, 5),
            ShardReader(path("both.h5")).read<uint8_t>("mask", 0, 5));
  stored.draw_masks = true;
  run(stored);
  EXPECT_EQ(ShardReader(path("stored.h5")).info("mask").attributes["mask_ratio"], 0.75);
}

TEST_F(ReconstructJobTest, RegionsOfAnySizeWork) {
  const std::string shard = write_shard("test.h5");
  write_file_atomically(path("list.txt"), "5\n");
  MaskJob mask;
  mask.inputs = {shard};
  mask.output.path = path("mask.h5");
  mask.strategy = "file";
  mask.from_list = path("list.txt");
  Progress silent;
  run_mask_job(mask, silent);
  ReconstructJob one = job(shard, "out.h5");
  one.masks = path("mask.h5");
  const ReconstructReport report = run(one);
  EXPECT_GT(report.masked_mse, 0);
  EXPECT_GT(report.ssim, 0.5);  // fifteen of sixteen patches are the original
  const auto error = ShardReader(path("out.h5")).read<float>("error", 0, 1);
  for (size_t patch = 0; patch < error.size(); ++patch) EXPECT_EQ(error[patch] > 0, patch == 5);
}

TEST_F(ReconstructJobTest, SheetPageAndFolder) {
  const std::string shard = write_shard("test.h5");
  write_file_atomically(path("log.jsonl"),
                        "{\"epoch\":0,\"train_loss\":1.0}\n"
                        "{\"epoch\":1,\"train_loss\":0.5,\"probe_top1\":61.5}\n");
  ReconstructJob sheet = job(shard, "out.png"), page = job(shard, "out.html"),
                 folder = job(shard, "out/");
  EXPECT_EQ(run(sheet).samples, 5);
  const Image image = decode_image(read_file(path("out.png")), "out.png", {});
  EXPECT_GT(image.height, 5 * 96);  // five rows of enlarged pictures
  run(page);
  const std::string html = read_file(path("out.html"));
  EXPECT_NE(html.find("cat/4.png"), std::string::npos);
  EXPECT_NE(html.find("<svg"), std::string::npos);  // the loss curve beside the checkpoint
  EXPECT_NE(html.find("probe_top1"), std::string::npos);
  folder.inference.limit = 2;
  run(folder);
  const Image picture = decode_image(read_file(path("out/000001_1.png")), "picture", {});
  EXPECT_EQ(picture.height, 16);
  EXPECT_FALSE(std::filesystem::exists(path("out/000002_2.png")));

  for (ReconstructJob* again : {&sheet, &page, &folder}) {
    again->output.if_changed = true;
    EXPECT_TRUE(run(*again).up_to_date) << again->output.path;
  }
  TinyShard dogs;
  dogs.prefix = "dog/";
  write_shard("test.h5", dogs);
  EXPECT_FALSE(run(sheet).up_to_date);
}

// Whatever the decoder predicts, pixels are shown: here the same prediction for every patch.
TEST_F(ReconstructJobTest, EveryTargetIsShownAsPixels) {
  const std::string shard = write_shard("test.h5");
  const ShardReader in(shard);
  const auto original = in.read<uint8_t>("patches", 0, 5);
  const auto hidden_pixels = [&](const std::string& stats) {
    ReconstructJob shown = job(shard, "out.h5");
    shown.patch_stats = stats;
    run(shown);
    return ShardReader(path("out.h5")).read<uint8_t>("reconstruction", 0, 5);
  };
  const auto expect_hidden = [&](const std::vector<uint8_t>& got, auto expected) {
    const auto mask = ShardReader(path("out.h5")).read<uint8_t>("mask", 0, 5);
    for (size_t i = 0; i < got.size(); ++i) {
      if (mask[i / kValues] == 1) {
        ASSERT_NEAR(got[i], expected(i), 1) << i;
      }
    }
  };
  const auto model_of = [&](TargetKind target, int64_t size) {
    MaeOptions options = tiny_options();
    options.target = target;
    options.target_size = size;
    model_ = tiny_model(options);
    const at::NoGradGuard no_grad;
    state_dict(*model_).at("decoder_pred.weight").zero_();
    state_dict(*model_).at("decoder_pred.bias").zero_();
    return state_dict(*model_);
  };
  const at::NoGradGuard no_grad;
  StateDict tensors = model_of(TargetKind::kTokens, 3);
  tensors.at("decoder_pred.bias")[1].fill_(5);
  tensors.at("target.codebook")[1].fill_(0.5);  // of pixels with mean 0.5 and deviation 0.25
  expect_hidden(hidden_pixels("visible"), [](size_t) { return (0.5 * 0.25 + 0.5) * 255; });
  tensors = model_of(TargetKind::kPca, 2);
  tensors.at("target.mean").fill_(-1);
  tensors.at("target.basis")[1].fill_(0.5);
  tensors.at("decoder_pred.bias")[1].fill_(4);
  expect_hidden(hidden_pixels("visible"), [](size_t) { return (1 * 0.25 + 0.5) * 255; });
  model_of(TargetKind::kNormPixelsChannel, 0);
  expect_hidden(hidden_pixels("truth"), [&](size_t i) {
    double sum = 0;  // of the pixel's channel in its patch
    for (size_t j = i % 3; j < kValues; j += 3) sum += original[i / kValues * kValues + j];
    return sum / 16;
  });
}

// Grids, patches and pictures that are not square, with more channels than a screen shows.
TEST_F(ReconstructJobTest, FiveBandsOfAWidePicture) {
  MaeOptions options = tiny_options();
  options.img_size = {32, 48};
  options.patch_size = {8, 16};
  options.in_chans = 5;
  options.norm_pix_loss = true;
  model_ = tiny_model(options);
  TinyShard bands;
  bands.grid = {4, 3};
  bands.patch_size = {8, 16};
  bands.channels = 5;
  bands.mean = bands.std = std::vector<double>(5, 0.25);
  const std::string shard = write_shard("bands.h5", bands);
  EXPECT_EQ(run(job(shard, "out.h5")).samples, 5);
  const ShardReader out(path("out.h5")), in(shard);
  EXPECT_EQ(out.info("reconstruction").shape, (std::vector<int64_t>{5, 12, 640}));
  EXPECT_EQ(out.info("reconstruction").attributes["grid"], nlohmann::json({4, 3}));
  const auto mask = out.read<uint8_t>("mask", 0, 5),
             got = out.read<uint8_t>("reconstruction", 0, 5),
             original = in.read<uint8_t>("patches", 0, 5);
  for (size_t i = 0; i < got.size(); ++i) {
    if (mask[i / 640] == 0) {
      ASSERT_EQ(got[i], original[i]) << i;
    }
  }
  run(job(shard, "out.html"));
  const std::string html = read_file(path("out.html"));
  EXPECT_NE(html.find("1 to 3 of 5"), std::string::npos);
  EXPECT_NE(html.find("32 x 48"), std::string::npos);
  run(job(shard, "out.png"));
  run(job(shard, "out/"));
  const Image picture = decode_image(read_file(path("out/000000_0.png")), "picture", {});
  ASSERT_EQ(picture.height, 32);
  ASSERT_EQ(picture.width, 48);
  // Pixel (9, 20) lies in patch (1, 1), row 1, column 4.
  EXPECT_EQ(picture.bytes[(9 * 48 + 20) * 3 + 2], got[4 * 640 + (1 * 16 + 4) * 5 + 2]);
}

TEST_F(ReconstructJobTest, AveragedChannelsAreWhatIsCompared) {
  TinyShard bands;
  bands.channels = 5;
  bands.mean = bands.std = std::vector<double>(5, 0.25);
  const std::string shard = write_shard("bands.h5", bands);
  ReconstructJob averaged = job(shard, "out.h5");
  EXPECT_THROW(run(averaged), DataError);
  averaged.inference.channels_policy = "average";
  averaged.mask_ratio = 0;
  run(averaged);
  const auto in = ShardReader(shard).read<uint8_t>("patches", 0, 1);
  const ShardReader out(path("out.h5"));
  EXPECT_EQ(out.info("reconstruction").shape[2], 48);
  const auto got = out.read<uint8_t>("reconstruction", 0, 1);
  for (size_t pixel = 0; pixel < 256; ++pixel) {
    int sum = 2;
    for (size_t c = 0; c < 5; ++c) sum += in[pixel * 5 + c];
    for (size_t c = 0; c < 3; ++c) ASSERT_EQ(got[pixel * 3 + c], sum / 5) << pixel;
  }
}

TEST_F(ReconstructJobTest, RaggedBatchesEqualSingleSamples) {
  const std::string shard = write_shard("test.h5");
  const auto dataset = open_dataset({shard});
  InferenceOptions options;
  options.model = write_model("model.safetensors", *model_);
  options.inputs = {shard};
  const Inference inference = open_inference(options);
  ImageBatch all;
  MaskList masks;
  for (int64_t i = 0; i < 5; ++i) {
    all.images.push_back(dataset->image(i));
    all.indices.push_back(i);
    masks.emplace_back(kPatches, 0);
    for (int64_t patch = 0; patch < 4 * (i % 3); ++patch)
      masks.back()[static_cast<size_t>(patch)] = 1;
  }
  const ReconstructedBatch together =
      reconstruct(inference, PatchStatsSource::kVisible, all, masks);
  for (size_t i = 0; i < 5; ++i) {
    const ImageBatch one{{all.images[i]}, {all.indices[i]}};
    const ReconstructedBatch alone =
        reconstruct(inference, PatchStatsSource::kVisible, one, {masks[i]});
    const Tensor difference = alone.reconstruction[0].to(at::kInt) -
                              together.reconstruction[static_cast<int64_t>(i)].to(at::kInt);
    EXPECT_LE(difference.abs().max().item<int>(), 1) << i;
  }
}

TEST_F(ReconstructJobTest, NothingHiddenIsNoError) {
  ReconstructJob none = job(write_shard("test.h5"), "out.h5");
  none.mask_ratio = 0;
  const ReconstructReport report = run(none);
  EXPECT_TRUE(std::isnan(report.masked_mse));
  EXPECT_TRUE(std::isinf(report.psnr));
  EXPECT_NEAR(report.ssim, 1.0, 1e-9);
}

TEST_F(ReconstructJobTest, AnEncoderAloneCannotReconstruct) {
  MaeOptions options = tiny_options();
  options.decoder_embed_dim = 0;
  model_ = tiny_model(options);
  try {
    run(job(write_shard("test.h5"), "out.h5"));
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(error.line().find("without a decoder"), std::string::npos) << error.line();
  }
}

TEST(PictureName, CannotLeaveItsFolder) {
  EXPECT_EQ(picture_name(3, "../../etc/pass wd.jpg"), "000003_pass_wd.png");
  EXPECT_EQ(picture_name(12, "a/\xff\n.png"), "000012___.png");
  EXPECT_EQ(picture_name(1234567, ".."), "1234567_...png");
}

}  // namespace
}  // namespace mae
