// Where a classifier's weights come from: an encoder, another classifier, or fresh draws.
#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/jobs/finetune_job.h"
#include "mae/models/initialize.h"
#include "mae/models/registry.h"
#include "mae/models/size_json.h"

namespace mae {
namespace {

constexpr const char* kDefaultSize = "mae-vit-base-patch16";
constexpr double kScratchHeadStd = 0.02;  // ViT's own

nlohmann::json scratch_config(const FinetuneJob& job, const SampleDataset& data);
nlohmann::json classifier_config(const FinetuneJob& job, const nlohmann::json& encoder,
                                 int64_t num_classes);
std::shared_ptr<Classifier> start_from(const FinetuneJob& job, Checkpoint checkpoint,
                                       int64_t num_classes);
void check_sizes(const FinetuneJob& job);

}  // namespace

std::shared_ptr<Classifier> make_classifier(const FinetuneJob& job, const SampleDataset& data,
                                            int64_t num_classes) {
  if (!job.model.empty() && !is_model_name(job.model)) {
    check_sizes(job);
    return start_from(job, read_checkpoint(job.model), num_classes);
  }
  auto model =
      make_classifier_model(classifier_config(job, scratch_config(job, data), num_classes));
  model->initialize(job.training.seed);
  // The published script makes the head 2e-5 small only where an encoder is loaded.
  Tensor head = model->named_parameters()["head.weight"];
  fill_normal(head, kScratchHeadStd, job.training.seed, "head.weight");
  return model;
}

namespace {

nlohmann::json scratch_config(const FinetuneJob& job, const SampleDataset& data) {
  PretrainJob named;  // the same rules for names, sizes and shards as in pretraining
  named.model = job.model.empty() ? kDefaultSize : job.model;
  named.sizes = job.sizes;
  nlohmann::json config = pretrain_model_config(named, data);
  log_info("training from scratch: " + config.dump());
  return config;
}

/// encoder  configuration of a masked model or a classifier
nlohmann::json classifier_config(const FinetuneJob& job, const nlohmann::json& encoder,
                                 int64_t num_classes) {
  try {
    return classifier_kind_for(encoder).config_on(
        encoder, {num_classes, job.global_pool, job.drop_path_rate});
  } catch (const nlohmann::json::exception&) {
    throw DataError("the model's configuration is damaged: " + encoder.dump(), job.model);
  }
}

/// Everything that fits is copied and everything that does not is named by load_state_dict.
std::shared_ptr<Classifier> start_from(const FinetuneJob& job, Checkpoint checkpoint,
                                       int64_t num_classes) {
  StateDict& tensors = checkpoint.tensors;
  nlohmann::json encoder = checkpoint.config;
  if (job.sizes.img_size.area() > 0) {
    const ResizeRule& resize = is_classifier(encoder) ? classifier_kind(encoder).resize
                                                      : masked_model_kind(encoder).resize;
    const nlohmann::json trained = encoder;
    encoder = resize.config(trained, job.sizes.img_size);
    resize.tensors(trained, encoder, &tensors);
  }
  const nlohmann::json config = classifier_config(job, encoder, num_classes);
  auto model = make_classifier_model(config);
  model->initialize(job.training.seed);
  std::vector<std::string> fresh = classifier_kind(config).take_encoder(config, &tensors);
  fresh.emplace_back("head.");
  const auto head = tensors.find("head.weight");
  if (head != tensors.end() && head->second.size(0) != num_classes) {
    log_info(job.model + ": its head knows " + std::to_string(head->second.size(0)) +
             " classes, the data " + std::to_string(num_classes) + "; the head starts fresh");
    drop_tensors(&tensors, "head.");
  }
  load_state_dict(*model, tensors, job.model, fresh);
  return model;
}

void check_sizes(const FinetuneJob& job) {
  const ModelSizes& sizes = job.sizes;
  const bool other_sizes = sizes.patch_size.area() > 0 || sizes.embed_dim > 0 || sizes.depth > 0 ||
                           sizes.num_heads > 0 || sizes.mlp_ratio > 0 || sizes.in_chans > 0;
  if (!other_sizes) return;
  throw UsageError("a checkpoint brings its own sizes", job.model,
                   "only --img-size can be changed; leave the others out");
}

}  // namespace
}  // namespace mae
