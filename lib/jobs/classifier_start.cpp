// Where a classifier's weights come from: an encoder, another classifier, or fresh draws.
#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/jobs/finetune_job.h"
#include "mae/models/initialize.h"
#include "mae/models/registry.h"
#include "mae/models/size_json.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

constexpr const char* kDefaultSize = "mae-vit-base-patch16";
constexpr double kScratchHeadStd = 0.02;  // ViT's own

VitClassifierOptions classifier_options(const FinetuneJob& job, const nlohmann::json& config,
                                        int64_t num_classes);
nlohmann::json scratch_config(const FinetuneJob& job, const SampleDataset& data);
nlohmann::json checkpoint_config(const FinetuneJob& job, const Checkpoint& checkpoint);
void copy_encoder(const FinetuneJob& job, Checkpoint checkpoint, VitClassifier& model);

}  // namespace

std::shared_ptr<VitClassifier> make_classifier(const FinetuneJob& job, const SampleDataset& data,
                                               int64_t num_classes) {
  const bool from_scratch = job.model.empty() || is_model_name(job.model);
  Checkpoint checkpoint;
  if (!from_scratch) checkpoint = read_checkpoint(checkpoint_file(job.model));
  const nlohmann::json config =
      from_scratch ? scratch_config(job, data) : checkpoint_config(job, checkpoint);
  auto model = std::make_shared<VitClassifier>(classifier_options(job, config, num_classes));
  model->initialize(job.training.seed);
  if (from_scratch) {
    // The published script makes the head 2e-5 small only where an encoder is loaded.
    Tensor head = model->named_parameters()["head.weight"];
    fill_normal(head, kScratchHeadStd, job.training.seed, "head.weight");
  } else {
    copy_encoder(job, std::move(checkpoint), *model);
  }
  return model;
}

void resize_classifier(Size2d img_size, Checkpoint* checkpoint) {
  if (img_size.area() <= 0) return;
  VitOptions trained;
  try {
    trained = checkpoint->config.get<VitOptions>();
  } catch (const nlohmann::json::exception&) {
    return;  // load_classifier reports a damaged configuration
  }
  VitOptions options = trained;
  options.img_size = img_size;
  check_options(options);
  const Size2d from = trained.grid();
  checkpoint->config["img_size"] = img_size;
  checkpoint->preprocessing.image_size = img_size;
  const auto table = checkpoint->tensors.find("pos_embed");
  if (table != checkpoint->tensors.end() && from != options.grid()) {
    table->second = interpolate_pos_embed(table->second, from, options.grid());
  }
}

namespace {

/// The fields of a ViT out of a masked autoencoder's or a classifier's configuration.
VitClassifierOptions classifier_options(const FinetuneJob& job, const nlohmann::json& config,
                                        int64_t num_classes) {
  VitClassifierOptions options;
  try {
    static_cast<VitOptions&>(options) = config.get<VitOptions>();
  } catch (const nlohmann::json::exception&) {
    throw DataError("the model's configuration is damaged: " + config.dump(), job.model);
  }
  options.num_classes = num_classes;
  options.global_pool = job.global_pool;
  options.drop_path_rate = job.drop_path_rate;
  return options;
}

nlohmann::json scratch_config(const FinetuneJob& job, const SampleDataset& data) {
  PretrainJob named;  // the same rules for names, sizes and shards as in pretraining
  named.model = job.model.empty() ? kDefaultSize : job.model;
  named.sizes = job.sizes;
  nlohmann::json config = pretrain_model_config(named, data);
  log_info("training from scratch: " + config.dump());
  return config;
}

nlohmann::json checkpoint_config(const FinetuneJob& job, const Checkpoint& checkpoint) {
  nlohmann::json config = checkpoint.config;
  const std::string kind = config.value("model", "");
  if (kind != "mae" && kind != "vit_classifier") {
    throw DataError("cannot fine-tune a model of kind '" + kind + "'", job.model,
                    "give a checkpoint of mae-pretrain, mae-convert or mae-finetune");
  }
  const ModelSizes& sizes = job.sizes;
  const bool other_sizes = sizes.patch_size.area() > 0 || sizes.embed_dim > 0 || sizes.depth > 0 ||
                           sizes.num_heads > 0 || sizes.mlp_ratio > 0 || sizes.in_chans > 0;
  if (other_sizes) {
    throw UsageError("a checkpoint brings its own sizes", job.model,
                     "only --img-size can be changed; leave the others out");
  }
  if (sizes.img_size.area() > 0) config["img_size"] = sizes.img_size;
  return config;
}

void drop(StateDict& tensors, const std::string& prefix) {
  for (auto it = tensors.begin(); it != tensors.end();) {
    it = it->first.compare(0, prefix.size(), prefix) == 0 ? tensors.erase(it) : std::next(it);
  }
}

/// Everything that fits is copied and everything that does not is named by load_state_dict.
void copy_encoder(const FinetuneJob& job, Checkpoint checkpoint, VitClassifier& model) {
  StateDict& tensors = checkpoint.tensors;
  drop(tensors, "decoder_");
  drop(tensors, "mask_token");
  // The final norm belongs to the class token; the pooled patches get a fresh one, as published.
  if (job.global_pool) drop(tensors, "norm.");
  if (!job.global_pool) drop(tensors, "fc_norm.");
  std::vector<std::string> fresh{"head."};
  const auto head = tensors.find("head.weight");
  if (head != tensors.end() && head->second.size(0) != model.options().num_classes) {
    log_info(job.model + ": its head knows " + std::to_string(head->second.size(0)) +
             " classes, the data " + std::to_string(model.options().num_classes) +
             "; the head starts fresh");
    drop(tensors, "head.");
  }
  if (job.global_pool) fresh.emplace_back("fc_norm.");
  const Size2d trained = checkpoint.config.at("img_size").get<Size2d>();
  const Size2d patch = model.options().patch_size;
  const Size2d from{trained.height / patch.height, trained.width / patch.width};
  const auto table = tensors.find("pos_embed");
  if (table != tensors.end() && from != model.options().grid()) {
    table->second = interpolate_pos_embed(table->second, from, model.options().grid());
  }
  load_state_dict(model, tensors, job.model, fresh);
}

}  // namespace
}  // namespace mae
