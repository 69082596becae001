// mae-patchify: turn pictures into patch shards, the input of all other tools.
#include "division_options.h"
#include "mae/base/error.h"
#include "mae/cli/tool.h"
#include "mae/shards/patchify_job.h"

namespace {

using mae::cli::OptionSpec;

/// Options whose text is translated before the job starts.
struct Words {
  std::string range;
  std::string resize = "auto";
};

void declare_input(mae::cli::Tool& tool, mae::PatchifyJob* job, Words* words) {
  tool.add_operands(&job->inputs, "INPUT",
                    "class folders, a folder of pictures, pictures, .txt lists, .csv or .tsv "
                    "tables, .tar archives "
                    "(FILE.tar/FOLDER for a part), IDX images with their labels beside them; or "
                    "videos, GIFs and folders of frames, likewise in class folders, lists or "
                    "tables");
  tool.add_files_from();
  tool.add_option(&words->range,
                  {"--range", "use only samples FIRST to LAST - 1, counted over all inputs",
                   "FIRST:LAST", "Input"});
  tool.add_limit(&job->source.limit);
  tool.add_switch(
      &job->source.allow_outside,
      {"--allow-outside", "let lists and tables name files outside their own folder", "", "Input"});
  tool.add_picture_limits();
  tool.add_on_error(&job->skip_bad_images, &job->rejects);
}

void declare_pixels(mae::cli::Tool& tool, mae::PatchifyJob* job, Words* words) {
  OptionSpec image = {"--image-size", "size of the pictures in the shard", "HxW", "Pixels"};
  OptionSpec patch = {"--patch-size", "size of a patch", "HxW", "Pixels"};
  image.in_short_help = patch.in_short_help = true;
  tool.add_option(&job->layout.image_size, image);
  tool.add_option(&words->resize, {"--resize",
                                   "short side before the central crop: N pixels; auto: 256/224 of "
                                   "what covers the image size, but a picture that has "
                                   "the image size already stays as it is; none: only crop",
                                   "N", "Pixels"});
  tool.add_switch(&job->exif_orientation,
                  {"--exif-orientation",
                   "turn pictures upright as their EXIF data say; without it these are ignored, as "
                   "published",
                   "", "Pixels"});
  tool.add_option(&job->layout.patch_size, patch);
  tool.add_option(&job->layout.channels, {"--channels",
                                          "1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; more: "
                                          "pictures of just so many bands, as TIFF has them",
                                          "N", "Pixels"});
  tool.add_option(&job->layout.bit_depth, {"--bit-depth", "8 or 16 bits a number", "N", "Pixels"});
  tool.add_option(
      &job->mean,
      {"--mean",
       "mean of each channel that models subtract, in 0 .. 1; without it that of ImageNet "
       "for 3 channels, else 0.5",
       "M,...", "Pixels"});
  tool.add_option(&job->std,
                  {"--std", "deviation of each channel that models divide by", "S,...", "Pixels"});
  tool.add_switch(
      &job->compute_mean_std,
      {"--compute-mean-std", "take mean and deviation from the pixels of this run", "", "Pixels"});
  tool.add_option(
      &job->stats_from,
      {"--stats-from", "take mean and deviation from a patch shard, such as the training set's",
       "SHARD", "Pixels"});
}

void declare_captions(mae::cli::Tool& tool, mae::PatchifyJob* job) {
  tool.add_option(&job->captions.vocab,
                  {"--vocab",
                   "cut captions into the word pieces of this vocab.txt, as BERT's uncased models "
                   "do, for models of pictures and text",
                   "FILE", "Captions"});
  OptionSpec length = {"--text-length", "word pieces kept of a caption; shorter ones are padded",
                       "T", "Captions"};
  length.minimum = 1;
  tool.add_option(&job->captions.text_length, length);
}

void declare_video(mae::cli::Tool& tool, mae::VideoChoice* video) {
  const auto add = [&](std::int64_t* target, const char* name, const char* meaning) {
    OptionSpec spec{name, meaning, "N", "Videos"};
    spec.minimum = 1;
    tool.add_option(target, spec);
  };
  add(&video->shape.frames, "--frames",
      "frames of a clip; given, inputs are videos and folders of frames, which without it are told "
      "by the first input");
  add(&video->shape.stride, "--stride", "frames of the video from one of a clip to the next");
  add(&video->per_video, "--clips", "clips of each video, spread evenly over it");
  add(&video->tubelet_size, "--tubelet-size", "frames of a tubelet, the patch of clips");
}

void declare_output(mae::cli::Tool& tool, mae::PatchifyJob* job) {
  tool.add_output(&job->output, "patch shard to write; - is standard output");
  OptionSpec shard_size = {
      "--shard-size", "write a set of shards of N samples each, 0 for one shard", "N", "Output"};
  shard_size.minimum = 0;
  tool.add_option(&job->shard_size, shard_size);
  mae::tools::add_division(tool, &job->division);
  tool.add_threads(&job->threads);
}

int64_t parse_resize(const std::string& text) {
  if (text == "auto") return mae::kResizeAuto;
  if (text == "none") return mae::kResizeNever;
  constexpr size_t kMaxDigits = 5;
  const bool digits = !text.empty() && text.size() <= kMaxDigits &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoll(text) < 1) {
    throw mae::UsageError("expected auto, none or a number of pixels, got " + mae::printable(text),
                          "--resize");
  }
  return std::stoll(text);
}

nlohmann::ordered_json summary(const mae::PatchifyReport& done) {
  nlohmann::ordered_json lines = {{"files", done.files.size()},
                                  {"samples", done.samples},
                                  {"skipped", done.skipped},
                                  {"patches", done.patches},
                                  {"values", done.patch_values}};
  if (done.frames > 1) {
    lines["frames"] = done.frames;
    lines["tubelet_size"] = done.tubelet_size;
  }
  lines["mean"] = done.mean;
  lines["std"] = done.std;
  lines["up_to_date"] = done.up_to_date;
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-patchify", "turn pictures into patch shards");
  mae::PatchifyJob job;
  Words words;
  tool.examples({"mae-patchify photos -o photos.h5",
                 "mae-patchify imagenet/train -o train.h5 --shard-size 10000",
                 "mae-patchify t10k-images-idx3-ubyte.gz -o test.h5 --image-size 28 --patch-size 4 "
                 "--channels 1",
                 "mae-patchify videos -o clips.h5 --frames 16 --stride 4",
                 "mae-patchify captions.csv -o - | mae-mask - -o masked.h5",
                 "mae-patchify satellite -o bands.h5 --channels 5 --bit-depth 16 "
                 "--compute-mean-std"});
  declare_input(tool, &job, &words);
  declare_pixels(tool, &job, &words);
  declare_video(tool, &job.video);
  declare_captions(tool, &job);
  declare_output(tool, &job);
  tool.run_and_leave(argc, argv, [&] {
    job.video.wanted = tool.given("--frames");
    if (!words.range.empty()) mae::parse_range(words.range, &job.source);
    if (tool.given("--text-length") && job.captions.vocab.empty())
      throw mae::UsageError("nothing is cut into word pieces without a vocabulary", "--text-length",
                            "add --vocab FILE");
    job.resize = parse_resize(words.resize);
    job.overwrite = tool.no_clobber() ? mae::Overwrite::kRefuse : mae::Overwrite::kReplace;
    job.if_changed = tool.if_changed();
    job.dry_run = tool.dry_run();
    if (job.shard_size == 0 && job.output != "-") mae::tools::take_division(tool, &job.division);
    const mae::PatchifyReport done = mae::run_patchify_job(job, tool.progress());
    if (job.output != "-" || job.dry_run) tool.report(summary(done));
    if (done.skipped > 0) {
      throw mae::PartialError(
          std::to_string(done.skipped) + " pictures were skipped", "",
          job.rejects.empty() ? "--rejects FILE lists them" : "see " + job.rejects);
    }
  });
}
