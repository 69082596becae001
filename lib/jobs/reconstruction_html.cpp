// Reconstructions as one HTML page with figures, error maps and, where there is one, the training
// run's curves.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "mae/jobs/reconstruction_output.h"
#include "mae/media/clip_reader.h"
#include "mae/models/checkpoint.h"
#include "mae/report/embedded_provenance.h"
#include "mae/report/error_map.h"
#include "mae/report/number_text.h"
#include "mae/report/run_log.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

class HtmlOutput : public ReconstructionOutput {
 public:
  explicit HtmlOutput(ReconstructionContext context) : context_(std::move(context)) {}
  void add(const ReconstructedSample& sample) override;
  void commit(const ReconstructionFigures& figures) override;

 private:
  void paint_error_maps();
  std::vector<ReportFact> facts() const;
  ReconstructionContext context_;
  Report report_;
  std::vector<std::vector<float>> errors_;
};

std::string value_text(const nlohmann::json& value) {
  if (value.is_array() && value.size() == 2) return value[0].dump() + " x " + value[1].dump();
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::unique_ptr<ReconstructionOutput> make_html_output(const ReconstructionContext& context) {
  return std::make_unique<HtmlOutput>(context);
}

std::vector<Chart> training_charts(const std::string& model) {
  const fs::path log = fs::path(checkpoint_file(model)).parent_path() / "log.jsonl";
  std::error_code ignored;
  if (!fs::is_regular_file(log, ignored)) return {};
  const auto lines = read_run_log(log.string());
  Chart chart;
  chart.title = "Training";
  chart.x_label = "epoch";
  chart.y_label = "loss";
  for (const char* key : {"train_loss", "val_loss", "image_loss", "text_loss"}) {
    auto points = log_points(lines, "epoch", key);
    if (!points.empty()) chart.series.push_back({key, std::move(points)});
  }
  std::vector<Chart> charts;
  if (!chart.series.empty()) charts.push_back(chart);
  auto probes = log_points(lines, "epoch", "probe_top1");
  if (probes.empty()) return charts;
  Chart accuracy;
  accuracy.title = "k-NN on the encoder's features";
  accuracy.x_label = "epoch";
  accuracy.y_label = "top-1, per cent";
  accuracy.series.push_back({"probe_top1", std::move(probes)});
  charts.push_back(std::move(accuracy));
  return charts;
}

namespace {

void HtmlOutput::add(const ReconstructedSample& sample) {
  ReportSample shown;
  shown.name = context_.dataset->name(sample.index);
  shown.label = label_text(*context_.dataset, sample.index);
  shown.original = shown_channels(image_from_patches(sample.original, context_.layout));
  shown.masked = hide_patches(shown.original, sample.mask, context_.layout);
  shown.reconstruction = shown_channels(image_from_patches(sample.reconstruction, context_.layout));
  shown.frames = context_.layout.frames;
  shown.words = sample.words;
  shown.mse = sample.mse;
  shown.psnr = sample.psnr;
  shown.ssim = sample.ssim;
  report_.samples.push_back(std::move(shown));
  errors_.emplace_back(sample.error, sample.error + context_.layout.patches());
}

void HtmlOutput::commit(const ReconstructionFigures& figures) {
  report_.title = "Reconstructions";
  report_.lead =
      context_.patch_stats == "truth"
          ? "Mean and deviation of hidden patches were taken from the hidden pixels: the pictures "
            "show more than the model predicts."
          : "";
  report_.figures = {{"masked MSE", fixed_text(figures.masked_mse, 1)},
                     {"PSNR, dB", fixed_text(figures.psnr, 2)},
                     {"SSIM", fixed_text(figures.ssim, 4)}};
  if (!std::isnan(figures.word_accuracy))
    report_.figures.push_back(
        {"hidden words right", fixed_text(100 * figures.word_accuracy, 1) + " %"});
  report_.facts = facts();
  report_.facts.push_back({"samples", std::to_string(figures.samples)});
  report_.charts = training_charts(context_.model);
  paint_error_maps();
  report_.provenance = nlohmann::json::parse(context_.provenance.to_json());
  write_file_atomically(context_.output.path,
                        html_with_provenance(html_report(report_), context_.provenance),
                        context_.output.overwrite);
}

/// All maps share one scale, so that they can be compared. It ends at the 99th percentile: one
/// patch that failed would darken the rest.
void HtmlOutput::paint_error_maps() {
  std::vector<float> hidden;
  for (const std::vector<float>& errors : errors_) {
    std::copy_if(errors.begin(), errors.end(), std::back_inserter(hidden),
                 [](float error) { return error > 0; });
  }
  if (hidden.empty()) return;
  const auto place = hidden.begin() + static_cast<std::ptrdiff_t>((hidden.size() - 1) * 99 / 100);
  std::nth_element(hidden.begin(), place, hidden.end());
  report_.max_error = *place;
  for (size_t i = 0; i < errors_.size(); ++i) {
    const PatchLayout& layout = context_.layout;
    const Image slots =
        patch_error_map(errors_[i], {layout.slots() * layout.grid.height, layout.grid.width},
                        layout.patch_size, report_.max_error);
    std::vector<Image> frames;  // a tubelet's error is that of all its frames
    for (int64_t t = 0; t < layout.frames; ++t)
      frames.push_back(frame_of_clip(slots, t / layout.tubelet_size, layout.slots()));
    report_.samples[i].error_map = stack_frames(frames);
  }
}

std::vector<ReportFact> HtmlOutput::facts() const {
  const Checkpoint checkpoint = read_checkpoint_header(context_.model);
  std::vector<ReportFact> facts = {{"checkpoint", context_.model}};
  for (const char* key : {"model", "img_size", "patch_size", "num_frames", "tubelet_size",
                          "embed_dim", "depth", "norm_pix_loss"}) {
    if (checkpoint.config.contains(key)) facts.push_back({key, value_text(checkpoint.config[key])});
  }
  const PatchLayout& layout = context_.layout;
  const Size2d size{layout.grid.height * layout.patch_size.height,
                    layout.grid.width * layout.patch_size.width};
  facts.push_back(
      {"size of the pictures", std::to_string(size.height) + " x " + std::to_string(size.width)});
  if (layout.channels == 2 || layout.channels > 3) {
    facts.push_back({"channels shown", std::string(layout.channels == 2 ? "1" : "1 to 3") + " of " +
                                           std::to_string(layout.channels)});
  }
  for (const auto& [key, value] : context_.mask_attributes.items()) {
    facts.push_back({key == "strategy" ? "mask strategy"
                     : key == "seed"   ? "mask seed"
                                       : "mask ratio",
                     value_text(value)});
  }
  if (!context_.patch_stats.empty()) {
    facts.push_back({"statistics of hidden patches",
                     context_.patch_stats == "truth" ? "truth (from the hidden pixels)"
                                                     : "visible (estimated from visible patches)"});
  }
  return facts;
}

}  // namespace
}  // namespace mae
