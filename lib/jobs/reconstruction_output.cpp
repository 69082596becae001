// Chooses the kind of output, and the two kinds that are plain pictures.
#include "mae/jobs/reconstruction_output.h"

#include <cctype>
#include <filesystem>

#include "mae/base/error.h"
#include "mae/media/animated_png.h"
#include "mae/media/clip_reader.h"
#include "mae/report/contact_sheet.h"
#include "mae/report/embedded_provenance.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestStem = 100;

constexpr int kFrameTime = 120;  // milliseconds: about a video's own, at the usual stride of 4

Image writable(const Image& image);

/// The sheet; of clips one that moves.
std::string moving_sheet(const std::vector<std::vector<Image>>& rows, int64_t frames) {
  std::vector<Image> sheets;
  for (int64_t t = 0; t < frames; ++t) {
    std::vector<std::vector<Image>> moment;
    for (const std::vector<Image>& row : rows) {
      moment.emplace_back();
      for (const Image& clip : row) moment.back().push_back(frame_of_clip(clip, t, frames));
    }
    sheets.push_back(contact_sheet(moment));
  }
  return encode_animated_png(stack_frames(sheets), frames, kFrameTime);
}

/// Rows of original, masked and reconstruction.
class SheetOutput : public ReconstructionOutput {
 public:
  explicit SheetOutput(ReconstructionContext context) : context_(std::move(context)) {}

  void add(const ReconstructedSample& sample) override {
    const Image original = image_from_patches(sample.original, context_.layout);
    rows_.push_back({original, hide_patches(original, sample.mask, context_.layout),
                     image_from_patches(sample.reconstruction, context_.layout)});
  }

  void commit(const ReconstructionFigures&) override {
    const std::string png = moving_sheet(rows_, context_.layout.frames);
    write_file_atomically(context_.output.path, png_with_provenance(png, context_.provenance),
                          context_.output.overwrite);
  }

 private:
  ReconstructionContext context_;
  std::vector<std::vector<Image>> rows_;
};

/// One picture a sample: the reconstruction alone, at the model's size.
class FolderOutput : public ReconstructionOutput {
 public:
  explicit FolderOutput(ReconstructionContext context) : context_(std::move(context)) {
    make_directories(context_.output.path);
  }

  void add(const ReconstructedSample& sample) override {
    const Image image = writable(image_from_patches(sample.reconstruction, context_.layout));
    const fs::path path = fs::path(context_.output.path) /
                          picture_name(sample.index, context_.dataset->name(sample.index));
    write_file_atomically(
        path.string(),
        png_with_provenance(encode_animated_png(image, context_.layout.frames, kFrameTime),
                            context_.provenance),
        context_.output.overwrite);
  }

  void commit(const ReconstructionFigures&) override {
    record_provenance(context_.output.path, context_.provenance);
  }

 private:
  ReconstructionContext context_;
};

}  // namespace

std::unique_ptr<ReconstructionOutput> make_reconstruction_output(
    const ReconstructionContext& context) {
  switch (output_kind(context.output.path)) {
    case OutputKind::kPng:
      return make_sheet_output(context);
    case OutputKind::kFolder:
      return make_folder_output(context);
    case OutputKind::kHtml:
      return make_html_output(context);
    case OutputKind::kShard:
      break;
  }
  return make_shard_output(context);
}

std::unique_ptr<ReconstructionOutput> make_sheet_output(const ReconstructionContext& context) {
  return std::make_unique<SheetOutput>(context);
}

std::unique_ptr<ReconstructionOutput> make_folder_output(const ReconstructionContext& context) {
  return std::make_unique<FolderOutput>(context);
}

std::string picture_name(int64_t index, const std::string& sample_name) {
  std::string stem = fs::path(sample_name).stem().string().substr(0, kLongestStem);
  for (char& c : stem) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 128 || (std::isalnum(byte) == 0 && c != '-' && c != '_' && c != '.')) c = '_';
  }
  std::string number = std::to_string(index);
  if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
  return number + "_" + stem + ".png";
}

std::string label_text(const SampleDataset& dataset, int64_t index) {
  const int64_t label = dataset.label(index);
  if (label < 0) return "";
  const std::vector<std::string> names = dataset.class_names();
  if (label < static_cast<int64_t>(names.size())) return names[static_cast<size_t>(label)];
  return std::to_string(label);
}

namespace {

/// A PNG keeps grey, RGB and RGBA; of other pictures it gets what can be shown.
Image writable(const Image& image) {
  const bool fits = image.channels == 1 || image.channels == 3 || image.channels == 4;
  return fits ? image : shown_channels(image);
}

}  // namespace
}  // namespace mae
