// Keys are the options' names where there is one, so that a message can name what to change.
#include "mae/train/training_config.h"

#include "mae/base/digest.h"
#include "mae/base/error.h"

namespace mae {
namespace {

// Of all inputs but the target's file, which a resumed run may leave out.
nlohmann::json input_digests(const nlohmann::json& provenance, const std::string& target_digest) {
  nlohmann::json digests = nlohmann::json::array();
  if (!provenance.is_object() || !provenance.contains("inputs")) return digests;
  for (const auto& input : provenance["inputs"])
    if (input.is_object() && input.contains("digest") && input["digest"] != target_digest)
      digests.push_back(input["digest"]);
  return digests;
}

std::string masks_digest(const std::vector<std::vector<uint8_t>>* masks) {
  if (!masks) return "";
  Digest digest;
  for (const std::vector<uint8_t>& mask : *masks) digest.update(mask.data(), mask.size());
  return digest.text();
}

}  // namespace

nlohmann::json pretrain_config(const PretrainOptions& options, const PretrainPlan& plan,
                               const PretrainData& data, const Checkpoint& description) {
  const AugmentOptions& augment = options.augment;
  nlohmann::json config = {{"batch-size", plan.batch_size},
                           {"accum-iter", options.accum_iter},
                           {"epochs", options.epochs},
                           {"warmup-epochs", options.warmup_epochs},
                           {"lr", plan.schedule.lr},
                           {"min-lr", options.min_lr},
                           {"weight-decay", options.weight_decay},
                           {"betas", {options.adamw.beta1, options.adamw.beta2}},
                           {"eps", options.adamw.eps},
                           {"clip-grad", options.clip_grad},
                           {"strategy", mask_strategy_name(options.masking.strategy)},
                           {"mask-ratio", options.masking.mask_ratio},
                           {"masks", masks_digest(data.masks)},
                           {"augment", augment_name(augment.augment)},
                           {"crop-scale", {augment.crop.min_scale, augment.crop.max_scale}},
                           {"crop-ratio", {augment.crop.min_ratio, augment.crop.max_ratio}},
                           {"horizontal-flip", augment.horizontal_flip},
                           {"dtype", options.dtype},
                           {"seed", options.seed},
                           {"model", description.config},
                           {"preprocessing", description.preprocessing},
                           {"samples", data.train->size()},
                           {"validation samples", data.validation ? data.validation->size() : 0},
                           {"inputs", input_digests(description.provenance, data.target_digest)}};
  if (options.text.wanted) {
    config["text-mask-ratio"] = options.text.mask_ratio;
    const TextCorpus* unpaired = options.text.unpaired.get();
    config["unpaired-text"] = unpaired ? unpaired->input().digest : "";
    config["unpaired-text-length"] = unpaired ? unpaired->text_length() : 0;
  }
  // Only what this process was given is compared.
  if (!data.target_digest.empty()) config["target-file"] = data.target_digest;
  return config;
}

void check_same_config(const nlohmann::json& begun_with, const nlohmann::json& now,
                       const std::string& run) {
  for (const auto& [key, value] : now.items()) {
    const nlohmann::json before = begun_with.value(key, nlohmann::json());
    if (before == value) continue;
    throw UsageError(
        "the run was begun with " + key + " " + before.dump() + ", got " + value.dump(), run,
        "resume with the options it was begun with, or start another run from its "
        "weights with --model " +
            run);
  }
}

}  // namespace mae
