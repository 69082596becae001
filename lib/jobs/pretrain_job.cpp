// Puts data, model and options together and hands them to the training loop.
#include "mae/jobs/pretrain_job.h"

#include <filesystem>

#include "mae/base/digest.h"
#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/base/text.h"
#include "mae/jobs/encoder_probe.h"
#include "mae/jobs/mask_source.h"
#include "mae/models/checkpoint.h"
#include "mae/models/registry.h"
#include "mae/models/size_json.h"
#include "mae/models/target_file.h"
#include "mae/train/device.h"
#include "mae/train/memory_estimate.h"
#include "mae/train/run_directory.h"

namespace mae {
namespace {

/// Everything that is known before training starts.
struct PreparedPretraining {
  PretrainOptions training;
  PretrainData data;
  MaskList masks;
  std::shared_ptr<MaskedModel> model;
  Checkpoint description;
};

void prepare(const PretrainJob& job, PreparedPretraining* prepared);
EncoderProbe make_probe(const PretrainJob& job, const PreparedPretraining& prepared,
                        Progress& progress);
nlohmann::json given_sizes(const ModelSizes& sizes);
nlohmann::json defaults_of(const nlohmann::json& config);
nlohmann::json changes(const nlohmann::json& given, const nlohmann::json& config);
TargetKind target_in(const nlohmann::json& field);
bool may_change(const std::string& field, const nlohmann::json& before, const nlohmann::json& now);
void add_target_size(const PretrainJob& job, nlohmann::json* config);
void take_target(const PretrainJob& job, PreparedPretraining* prepared);
void take_clips(const PretrainJob& job, const SampleDataset& dataset, nlohmann::json* config);
void take_given_stats(const PretrainJob& job, nlohmann::json* config);
nlohmann::json fit_to_size(const MaskedModelKind& kind, const nlohmann::json& config);
void take_masking(const PretrainJob& job, PreparedPretraining* prepared);
std::shared_ptr<MaskedModel> make_model(const PretrainJob& job, const nlohmann::json& config);
Preprocessing make_preprocessing(const PretrainJob& job, const MaskedModel& model,
                                 const SampleDataset& dataset);
Provenance make_provenance(const PretrainJob& job, const PretrainData& data);
void check_data(const SampleDataset& dataset, const MaskedModel& model, const std::string& which);
PretrainJobReport describe(const PreparedPretraining& prepared);

}  // namespace

nlohmann::json pretrain_model_config(const PretrainJob& job, const SampleDataset& dataset) {
  const nlohmann::json given = given_sizes(job.sizes);
  nlohmann::json config;
  if (is_model_name(job.model)) {
    config = named_model_config(job.model);
    if (dataset.image_size()) config["img_size"] = *dataset.image_size();
    const MaskedModelKind& kind = masked_model_kind(config);
    if (dataset.patch_size() && kind.masks_by_patch_size)
      config["patch_size"] = *dataset.patch_size();
    config["in_chans"] = dataset.channels();
    if (config.contains("num_frames")) take_clips(job, dataset, &config);
    if (kind.takes_text) add_text_sizes(dataset, &config);
    config.update(changes(given, config));
    add_target_size(job, &config);
    return fit_to_size(kind, config);
  }
  config = read_checkpoint_header(job.model).config;
  take_given_stats(job, &config);
  const nlohmann::json changed = changes(given, config);
  for (const auto& [field, value] : changed.items()) {
    const nlohmann::json before =
        config.value(field, defaults_of(config).value(field, nlohmann::json()));
    if (!may_change(field, before, value))
      throw UsageError(
          "the checkpoint has " + field + " " + before.dump() + ", got " + value.dump(), job.model,
          "leave the option out, or start from a model's name");
    config[field] = value;
  }
  add_target_size(job, &config);
  return config;
}

DatasetOptions model_data_options(const std::string& model, const ModelSizes& sizes,
                                  int64_t stride) {
  DatasetOptions options;
  if (is_model_name(model)) {
    options.clip.frames = frames_of_config(named_model_config(model));
    // Nothing but models of clips has the field, which a shard's frames fill else.
    const bool is_video = options.clip.frames > 1;
    if (is_video && sizes.num_frames > 0) options.clip.frames = sizes.num_frames;
    if (is_video && sizes.others.contains("num_frames"))
      options.clip.frames = frames_of_config(sizes.others);
  } else {
    options = dataset_options_for(read_checkpoint_header(model));
  }
  if (stride > 0) options.clip.stride = stride;
  if (sizes.in_chans > 0) options.channels = sizes.in_chans;
  return options;
}

PretrainJobReport run_pretrain_job(const PretrainJob& given, Progress& progress) {
  PretrainJob job = given;
  settle_launch(job.launch, &job.training);
  PreparedPretraining prepared;
  prepare(job, &prepared);
  if (job.training.probe_every > 0) prepared.data.probe = make_probe(job, prepared, progress);
  PretrainJobReport report = describe(prepared);
  report.is_first = job.launch.place.rank == 0;
  if (job.output.dry_run) return report;
  const Provenance provenance = make_provenance(job, prepared.data);
  prepared.description.provenance = nlohmann::json::parse(provenance.to_json());
  const bool resume =
      job.resume || (job.output.if_changed && is_up_to_date(job.output.path, provenance));
  const GroupOptions peers{job.launch.peer_timeout_s, job.training.device};
  with_processes(job.launch.place, peers, [&](ProcessGroup& group) {
    RunDirectory run(job.output.path, resume, group);
    if (group.is_first())
      log_info(std::to_string(report.parameters) + " parameters, " +
               std::to_string(report.samples) + " samples, " + std::to_string(report.plan.steps) +
               " steps" + processes_text(group));
    Progress silent;
    report.training =
        pretrain(*prepared.model, prepared.data, prepared.training, prepared.description, run,
                 group.is_first() ? progress : silent, group);
    report.checkpoint = run.file("checkpoint.safetensors");
  });
  return report;
}

std::string processes_text(const ProcessGroup& group) {
  return group.is_alone() ? "" : ", " + std::to_string(group.size()) + " processes";
}

namespace {

void prepare(const PretrainJob& job, PreparedPretraining* prepared) {
  check_model_name(job.model);
  open_device(job.training.device);  // a missing device is told before anything is read or written
  DatasetOptions data_options = model_data_options(job.model, job.sizes, job.stride);
  data_options.limit = job.limit;
  data_options.exif_orientation = job.exif_orientation;
  const auto train = open_dataset(job.inputs, data_options);
  const nlohmann::json config = pretrain_model_config(job, *train);
  prepared->model = make_model(job, config);
  check_data(*train, *prepared->model, job.inputs.front());
  prepared->data.train = train;
  if (!job.validation.empty()) {
    data_options.limit = 0;
    data_options.channels = train->channels();
    prepared->data.validation = open_dataset(job.validation, data_options);
    check_data(*prepared->data.validation, *prepared->model, job.validation.front());
  }
  if (!job.masks.empty()) {
    prepared->masks = load_masks({job.masks}, *train, prepared->model->mask_grid().tokens());
    prepared->data.masks = &prepared->masks;
  }
  prepared->training = job.training;
  prepared->training.augment.img_size = prepared->model->img_size();
  if (job.default_augment && train->frames() > 1)
    prepared->training.augment.augment = Augment::kMultiScale;
  take_masking(job, prepared);
  prepared->description.config = prepared->model->config();
  prepared->description.preprocessing = make_preprocessing(job, *prepared->model, *train);
  prepared->training.text = settle_text(job.text, *train, prepared->data.validation.get(),
                                        *prepared->model, &prepared->description.preprocessing);
  take_target(job, prepared);
}

void take_target(const PretrainJob& job, PreparedPretraining* prepared) {
  if (job.target_file.empty()) return;
  load_target(*prepared->model, read_target_file(job.target_file), job.target_file,
              prepared->model->patch_size(), prepared->description.preprocessing);
  prepared->data.target_digest = digest_of_file(job.target_file);
}

EncoderProbe make_probe(const PretrainJob& job, const PreparedPretraining& prepared,
                        Progress& progress) {
  if (!prepared.data.validation)
    throw UsageError("there are no pictures to judge the encoder by", "--probe-every",
                     "add --val INPUT, pictures with labels");
  const PretrainOptions& training = job.training;
  const Preprocessing& preprocessing = prepared.description.preprocessing;
  EncoderProbeOptions options;
  options.batch_size = training.batch_size;
  options.threads = training.loader_threads > 0 ? training.loader_threads : training.threads;
  options.stats = {preprocessing.mean, preprocessing.std};
  options.seed = training.seed;
  options.train_name = job.inputs.front();
  options.validation_name = job.validation.front();
  return make_encoder_probe(prepared.data.train, prepared.data.validation, options, progress);
}

/// Frames as the data have them, and what targets in [0, 1] are computed with.
void take_clips(const PretrainJob& job, const SampleDataset& dataset, nlohmann::json* config) {
  nlohmann::json& json = *config;
  if (dataset.frames() == 1) return;  // pictures, which check_data refuses
  json["num_frames"] = dataset.frames();
  if (dataset.patch_size()) json["tubelet_size"] = dataset.tubelet_size();
  if (!json.contains("pixel_mean")) return;
  json["pixel_mean"] = dataset.pixel_stats().mean;
  json["pixel_std"] = dataset.pixel_stats().std;
  take_given_stats(job, config);
}

/// A model that computes its targets from pixels in [0, 1] must know how they were normalised.
void take_given_stats(const PretrainJob& job, nlohmann::json* config) {
  if (!config->contains("pixel_mean")) return;
  if (!job.mean.empty()) (*config)["pixel_mean"] = job.mean;
  if (!job.std.empty()) (*config)["pixel_std"] = job.std;
}

/// Windows and the like that follow the picture's size.
nlohmann::json fit_to_size(const MaskedModelKind& kind, const nlohmann::json& config) {
  try {
    return kind.resize.config(config, config.at("img_size").get<Size2d>());
  } catch (const nlohmann::json::exception&) {
    throw UsageError("the model's configuration has a field of the wrong type: " + config.dump());
  }
}

void take_masking(const PretrainJob& job, PreparedPretraining* prepared) {
  const MaskingOptions own = prepared->model->default_masking();
  MaskingOptions& masking = prepared->training.masking;
  if (job.default_strategy) masking.strategy = own.strategy;
  if (job.default_mask_ratio) masking.mask_ratio = own.mask_ratio;
  masking.vis_mask_ratio = own.vis_mask_ratio;
  if (job.masks.empty()) prepared->model->check_masking(masking.strategy);
}

/// Fields of the configuration that the user gave.
nlohmann::json given_sizes(const ModelSizes& sizes) {
  nlohmann::json given = nlohmann::json::object();
  const auto add = [&](const char* field, int64_t value) {
    if (value > 0) given[field] = value;
  };
  if (sizes.img_size.area() > 0) given["img_size"] = sizes.img_size;
  if (sizes.patch_size.area() > 0) given["patch_size"] = sizes.patch_size;
  add("in_chans", sizes.in_chans);
  add("embed_dim", sizes.embed_dim);
  add("depth", sizes.depth);
  add("num_heads", sizes.num_heads);
  add("num_frames", sizes.num_frames);
  add("tubelet_size", sizes.tubelet_size);
  if (sizes.mlp_ratio > 0) given["mlp_ratio"] = sizes.mlp_ratio;
  add("decoder_embed_dim", sizes.decoder_embed_dim);
  add("decoder_depth", sizes.decoder_depth);
  add("decoder_num_heads", sizes.decoder_num_heads);
  if (sizes.norm_pix_loss_given) given["norm_pix_loss"] = sizes.norm_pix_loss;
  given.update(sizes.others);
  return given;
}

/// What fields mean that the configuration leaves out. Every model predicts pixels.
nlohmann::json defaults_of(const nlohmann::json& config) {
  nlohmann::json defaults = masked_model_kind(config).defaults;
  defaults["target"] = target_name(TargetKind::kPixels);
  return defaults;
}

/// The given fields that say something else than the configuration does.
nlohmann::json changes(const nlohmann::json& given, const nlohmann::json& config) {
  const nlohmann::json defaults = defaults_of(config);
  nlohmann::json changed = nlohmann::json::object();
  for (const auto& [field, value] : given.items()) {
    if (config.value(field, defaults.value(field, nlohmann::json())) != value)
      changed[field] = value;
  }
  return changed;
}

/// A configuration may be a stranger's.
TargetKind target_in(const nlohmann::json& field) {
  return parse_target(field.is_string() ? field.get<std::string>() : field.dump());
}

/// Whether weights of a checkpoint stay as they are when this field changes.
bool may_change(const std::string& field, const nlohmann::json& before, const nlohmann::json& now) {
  if (field != "target")
    return field == "img_size" || field == "norm_pix_loss" || ends_with(field, "_loss_weight");
  return !has_target_tensors(target_in(before)) && !has_target_tensors(target_in(now));
}

/// From the file that was given, or from the run that is resumed.
void add_target_size(const PretrainJob& job, nlohmann::json* config) {
  const TargetKind kind = target_in(config->value("target", defaults_of(*config)["target"]));
  const std::string target = target_name(kind);
  const bool needed = has_target_tensors(kind) && !config->contains("target_size");
  if (!job.target_file.empty()) {
    if (!needed)
      throw UsageError(
          "is given, but target " + target +
              (has_target_tensors(kind) ? " comes with the checkpoint" : " needs none"),
          "--target-file", "leave it out, or choose --target pca or tokens");
    const TargetFile file = read_target_file(job.target_file);
    if (file.kind != kind)
      throw DataError(std::string("is for --target ") + target_name(file.kind) + ", got " + target,
                      job.target_file);
    (*config)["target_size"] = file.size();
  } else if (needed) {
    std::error_code ignored;
    const std::string run = checkpoint_file(job.output.path);
    if (job.resume && std::filesystem::exists(run, ignored)) {
      const nlohmann::json begun = read_checkpoint_header(run).config;
      if (begun.contains("target_size")) (*config)["target_size"] = begun["target_size"];
    }
    if (!config->contains("target_size"))
      throw UsageError("'" + target + "' needs a " +
                           (kind == TargetKind::kPca ? "basis" : "codebook") + " of patches",
                       "--target", "fit one with mae-codebook and add --target-file FILE");
  }
}

std::shared_ptr<MaskedModel> make_model(const PretrainJob& job, const nlohmann::json& config) {
  if (is_model_name(job.model)) {
    auto model = make_masked_model(config);
    model->initialize(job.training.seed);
    return model;
  }
  const std::string file = checkpoint_file(job.model);
  Checkpoint checkpoint = read_checkpoint(file);
  for (const char* field : {"norm_pix_loss", "target", "pixel_mean", "pixel_std"}) {
    if (config.contains(field)) checkpoint.config[field] = config[field];
  }
  for (const auto& [field, value] : config.items()) {
    if (ends_with(field, "_loss_weight")) checkpoint.config[field] = value;
  }
  auto model = load_masked_model(checkpoint, file, config.at("img_size").get<Size2d>());
  if (!model->has_decoder())
    throw DataError(
        std::string(is_classifier(config) ? "this checkpoint is a fine-tuned classifier"
                                          : "the checkpoint holds an encoder only") +
            "; pretraining needs a decoder",
        file, "start from a checkpoint with decoder, such as a \"full\" or \"visualize\" one");
  return model;
}

/// Statistics from strong to weak: given ones, the checkpoint's, the data's.
Preprocessing make_preprocessing(const PretrainJob& job, const MaskedModel& model,
                                 const SampleDataset& dataset) {
  Preprocessing preprocessing;
  if (is_model_name(job.model)) {
    preprocessing.mean = dataset.pixel_stats().mean;
    preprocessing.std = dataset.pixel_stats().std;
  } else {
    preprocessing = read_checkpoint_header(job.model).preprocessing;
  }
  if (!job.mean.empty()) preprocessing.mean = job.mean;
  if (!job.std.empty()) preprocessing.std = job.std;
  preprocessing.image_size = model.img_size();
  preprocessing.channels = dataset.channels();
  preprocessing.bit_depth = dataset.bit_depth();
  if (dataset.frames() > 1 && !dataset.patch_size())
    preprocessing.stride = dataset.clip_shape().stride;
  return preprocessing;
}

Provenance make_provenance(const PretrainJob& job, const PretrainData& data) {
  Provenance provenance = provenance_of(*data.train);
  if (data.validation) {
    const auto inputs = data.validation->inputs();
    const auto parents = data.validation->parents();
    provenance.inputs.insert(provenance.inputs.end(), inputs.begin(), inputs.end());
    provenance.parents.insert(provenance.parents.end(), parents.begin(), parents.end());
  }
  if (!job.masks.empty()) add_file(provenance, job.masks);
  if (!job.text.unpaired.empty()) add_file(provenance, job.text.unpaired);
  if (!job.target_file.empty()) {
    add_file(provenance, job.target_file);
    const nlohmann::json parent = read_target_file(job.target_file).provenance;
    if (parent.is_object()) provenance.parents.push_back(parent);
  }
  if (!is_model_name(job.model)) {
    const std::string file = checkpoint_file(job.model);
    add_checkpoint(provenance, file, read_checkpoint_header(file).provenance);
  }
  return provenance;
}

void check_data(const SampleDataset& dataset, const MaskedModel& model, const std::string& which) {
  check_frames(dataset, model.num_frames(), which);
  if (dataset.channels() != model.in_chans())
    throw DataError("pictures have " + std::to_string(dataset.channels()) +
                        " channels but the model takes " + std::to_string(model.in_chans()),
                    which,
                    "make the shard with --channels " + std::to_string(model.in_chans()) +
                        ", or train a new model with --in-chans");
}

PretrainJobReport describe(const PreparedPretraining& prepared) {
  PretrainJobReport report;
  report.samples = prepared.data.train->size();
  report.validation_samples = prepared.data.validation ? prepared.data.validation->size() : 0;
  report.plan = plan_pretraining(prepared.training, report.samples);
  report.config = prepared.model->config();
  report.parameters = parameter_count(*prepared.model, /*trainable_only=*/true);
  report.memory_bytes = estimate_training_bytes(
      *prepared.model, prepared.training, report.plan.batch_size / prepared.training.processes);
  return report;
}

}  // namespace
}  // namespace mae
