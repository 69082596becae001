// Opens model, pictures and masks, and hands each reconstructed sample to the output.
#include "mae/jobs/reconstruct_job.h"

#include <cmath>
#include <limits>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/io/shard_index.h"
#include "mae/io/shard_set.h"
#include "mae/jobs/caption_words.h"
#include "mae/jobs/mask_source.h"
#include "mae/jobs/reconstruction.h"
#include "mae/jobs/reconstruction_output.h"
#include "mae/jobs/reject_list.h"
#include "mae/jobs/text_training.h"
#include "mae/media/clip_reader.h"
#include "mae/models/registry.h"
#include "mae/report/image_quality.h"
#include "mae/report/number_text.h"

namespace mae {
namespace {

constexpr int64_t kShownSamples = 16;

/// Sums from which the means come.
struct Totals {
  int64_t samples = 0, hidden = 0, imperfect = 0;
  double error = 0, psnr = 0, ssim = 0;
  int64_t hidden_words = 0, guessed_words = 0;

  void add(const Totals& other) {
    samples += other.samples;
    hidden += other.hidden;
    imperfect += other.imperfect;
    error += other.error;
    psnr += other.psnr;
    ssim += other.ssim;
    hidden_words += other.hidden_words;
    guessed_words += other.guessed_words;
  }
};

InferenceOptions limited(const ReconstructJob& job);
void check_decoder(const Inference& inference, const std::string& model);
MaskSource open_masks(const ReconstructJob& job, const Inference& inference);
ReconstructionContext make_context(const ReconstructJob& job, const Inference& inference,
                                   const MaskSource& masks);
ReconstructedSample take_sample(const ReconstructedBatch& batch, int64_t row, int64_t index,
                                const PatchLayout& layout);
void count(const ReconstructedSample& sample, Totals* totals);
ReconstructionFigures means(const Totals& totals);

/// One file of the output, and what it is made of.
struct Part {
  const InferenceOptions& options;
  const Inference& inference;
  const MaskSource& masks;
  const ReconstructionContext& context;
  PatchStatsSource stats;
  const ReconstructJob& job;
  const ShardRange& range;
};
std::vector<ShardRange> plan_output(const ReconstructJob& job, int64_t samples);
std::vector<std::string> paths_of(const std::vector<ShardRange>& ranges);
std::vector<Reject> write_part(const Part& part, Totals* totals, Progress& progress);

}  // namespace

ReconstructReport run_reconstruct_job(const ReconstructJob& job, Progress& progress) {
  const PatchStatsSource stats = parse_patch_stats(job.patch_stats);
  const InferenceOptions options = limited(job);
  const Inference inference = open_inference(options);
  check_decoder(inference, options.model);
  if (inference.model->takes_text())
    check_captions(*inference.dataset, *inference.model, inference.checkpoint.preprocessing);
  const MaskSource masks = open_masks(job, inference);
  ReconstructionContext context = make_context(job, inference, masks);
  const std::vector<ShardRange> ranges = plan_output(job, inference.dataset->size());
  const bool is_set = job.division.is_set();
  ReconstructReport report;
  RejectList rejects(job.rejects);
  Totals totals;
  for (const ShardRange& range : ranges) {
    if ((is_set || job.output.if_changed) && is_up_to_date(range.path, context.provenance)) {
      ++report.finished;
      continue;
    }
    if (job.output.dry_run) {
      log_info("would write " + range.path + ", " + std::to_string(range.last - range.first) +
               " samples");
      continue;
    }
    if (is_set) remove_shard_index(job.output.path);
    context.output.path = range.path;
    const Part part{options, inference, masks, context, stats, job, range};
    rejects.add(write_part(part, &totals, progress));
    ++report.files;
  }
  report.up_to_date = report.files == 0 && report.finished > 0;
  if (is_set && job.division.is_whole() && !job.output.dry_run)
    write_shard_index(job.output.path, paths_of(ranges));
  if (report.files == 0) return report;
  const ReconstructionFigures figures = means(totals);
  report.skipped = rejects.write();
  report.samples = figures.samples;
  report.masked_mse = figures.masked_mse;
  report.psnr = figures.psnr;
  report.ssim = figures.ssim;
  report.word_accuracy = figures.word_accuracy;
  // The shard on standard output leaves no room there for figures.
  if (job.output.path == "-") {
    log_info("masked MSE " + fixed_text(figures.masked_mse, 1) + ", PSNR " +
             fixed_text(figures.psnr, 2) + " dB, SSIM " + fixed_text(figures.ssim, 4));
  }
  return report;
}

namespace {

std::vector<ShardRange> plan_output(const ReconstructJob& job, int64_t samples) {
  check_division(job.division, job.output.path);
  if (job.division.is_set()) {
    if (output_kind(job.output.path) != OutputKind::kShard)
      throw UsageError("only shards make a set", "--num-shards", "end the output in .h5");
    check_set_name(job.output.path);
    if (!job.output.dry_run) sweep_set(job.output.path);
  }
  return divide_samples(job.division, job.output.path, samples);
}

std::vector<std::string> paths_of(const std::vector<ShardRange>& ranges) {
  std::vector<std::string> paths;
  for (const ShardRange& range : ranges) paths.push_back(range.path);
  return paths;
}

std::vector<Reject> write_part(const Part& part, Totals* totals, Progress& progress) {
  const auto output = make_reconstruction_output(part.context);
  Totals own;  // a page shows the figures of its own samples
  const ShardRange& range = part.range;
  const auto take = [&](const ImageBatch& batch) {
    MaskList hidden;
    for (const int64_t index : batch.indices) hidden.push_back(part.masks.mask(index));
    const TextInput captions =
        hidden_captions(part.inference, batch.indices, part.job.text_mask_ratio,
                        static_cast<uint64_t>(part.job.seed));
    const ReconstructedBatch done =
        reconstruct(part.inference, part.stats, batch, hidden, captions);
    for (size_t row = 0; row < batch.indices.size(); ++row) {
      ReconstructedSample sample =
          take_sample(done, static_cast<int64_t>(row), batch.indices[row], part.context.layout);
      if (captions.tokens.defined())
        sample.words = caption_words(captions, done.guesses, static_cast<int64_t>(row),
                                     part.inference.dataset->text_info()->pieces);
      count(sample, &own);
      output->add(sample);
    }
    progress.update(batch.indices.back() + 1 - range.first);
  };
  progress.begin("reconstruct", range.last - range.first, "images");
  const auto rejects = for_each_batch(part.inference, part.options, range.first, range.last, take);
  progress.end();
  output->commit(means(own));
  totals->add(own);
  return rejects;
}

InferenceOptions limited(const ReconstructJob& job) {
  InferenceOptions options = job.inference;
  const OutputKind kind = output_kind(job.output.path);
  const bool is_shown = kind == OutputKind::kPng || kind == OutputKind::kHtml;
  if (options.limit == 0 && is_shown) options.limit = kShownSamples;
  return options;
}

void check_decoder(const Inference& inference, const std::string& model) {
  if (inference.model->has_decoder()) return;
  const bool tuned = is_classifier(inference.checkpoint.config);
  throw DataError(tuned ? "a fine-tuned classifier predicts no pixels"
                        : "the checkpoint holds an encoder without a decoder",
                  model, "use the full pretraining checkpoint");
}

MaskSource open_masks(const ReconstructJob& job, const Inference& inference) {
  MaskSourceOptions options;
  options.file = job.masks;
  options.allow_input_masks = !job.draw_masks;
  options.masking = inference.model->default_masking();
  if (!job.default_strategy) options.masking.strategy = parse_mask_strategy(job.strategy);
  if (!job.default_mask_ratio) options.masking.mask_ratio = job.mask_ratio;
  if (job.masks.empty()) inference.model->check_masking(options.masking.strategy);
  options.seed = job.seed;
  return MaskSource(options, job.inference.inputs, *inference.dataset,
                    inference.model->mask_grid());
}

ReconstructionContext make_context(const ReconstructJob& job, const Inference& inference,
                                   const MaskSource& masks) {
  const MaskedModel& model = *inference.model;
  ReconstructionContext context;
  context.output = job.output;
  context.dataset = inference.dataset.get();
  context.layout = {model.grid(), model.patch_size(), model.in_chans(), model.num_frames(),
                    model.tubelet_size()};
  context.mask_attributes = masks.attributes();
  if (model.norm_pix_loss()) {
    context.patch_stats = job.patch_stats;
    log_info(
        "the model predicts normalised patches; mean and deviation come from the " +
        std::string(job.patch_stats == "truth" ? "hidden pixels themselves" : "visible patches"));
  }
  context.model = job.inference.model;
  context.provenance = provenance_of(*inference.dataset);
  add_checkpoint(context.provenance, job.inference.model, inference.checkpoint.provenance);
  for (const std::string& file : masks.files()) {
    add_shard(context.provenance, ShardReader(file));
  }
  return context;
}

ReconstructedSample take_sample(const ReconstructedBatch& batch, int64_t row, int64_t index,
                                const PatchLayout& layout) {
  ReconstructedSample sample;
  sample.index = index;
  sample.original =
      batch.original.data_ptr<uint8_t>() + row * layout.patches() * layout.patch_values();
  sample.reconstruction =
      batch.reconstruction.data_ptr<uint8_t>() + row * layout.patches() * layout.patch_values();
  sample.error = batch.error.data_ptr<float>() + row * layout.patches();
  const uint8_t* mask = batch.mask.data_ptr<uint8_t>() + row * layout.patches();
  sample.mask.assign(mask, mask + layout.patches());

  double error = 0;
  int64_t hidden = 0;
  for (int64_t patch = 0; patch < layout.patches(); ++patch) {
    error += sample.error[patch];
    hidden += sample.mask[static_cast<size_t>(patch)];
  }
  sample.mse =
      hidden > 0 ? error / static_cast<double>(hidden) : std::numeric_limits<double>::quiet_NaN();
  const Image original = image_from_patches(sample.original, layout);
  const Image pasted = image_from_patches(sample.reconstruction, layout);
  sample.psnr = psnr(pasted, original);
  for (int64_t t = 0; t < layout.frames; ++t) {
    sample.ssim +=
        ssim(frame_of_clip(pasted, t, layout.frames), frame_of_clip(original, t, layout.frames)) /
        static_cast<double>(layout.frames);
  }
  return sample;
}

void count(const ReconstructedSample& sample, Totals* totals) {
  ++totals->samples;
  for (size_t patch = 0; patch < sample.mask.size(); ++patch) {
    totals->hidden += sample.mask[patch];
    totals->error += sample.error[patch];
  }
  totals->ssim += sample.ssim;
  for (const ReportWord& word : sample.words) {
    totals->hidden_words += word.is_hidden;
    totals->guessed_words += word.is_hidden && word.guess == word.text;
  }
  // A picture equal to its original has an infinite ratio, which would hide all others in the mean.
  if (!std::isfinite(sample.psnr)) return;
  ++totals->imperfect;
  totals->psnr += sample.psnr;
}

ReconstructionFigures means(const Totals& totals) {
  const auto ratio = [](double sum, int64_t number) { return sum / static_cast<double>(number); };
  ReconstructionFigures figures;
  figures.samples = totals.samples;
  figures.masked_mse = ratio(totals.error, totals.hidden);
  figures.psnr = totals.imperfect > 0 ? ratio(totals.psnr, totals.imperfect)
                                      : std::numeric_limits<double>::infinity();
  figures.ssim = ratio(totals.ssim, totals.samples);
  if (totals.hidden_words > 0)
    figures.word_accuracy = ratio(static_cast<double>(totals.guessed_words), totals.hidden_words);
  return figures;
}

}  // namespace
}  // namespace mae
