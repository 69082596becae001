// mae-pretrain: trains a masked autoencoder on shards or pictures.
#include <cmath>
#include <tuple>

#include "mae/jobs/model_fields.h"
#include "pretrain_options.h"

namespace {

/// Given options as fields of the configuration.
void take_ablations(const mae::cli::Tool& tool, const mae::tools::PretrainWords& words,
                    mae::ModelSizes* sizes) {
  nlohmann::json& fields = sizes->others;
  if (tool.given("--target")) {
    const bool norm_pix_loss = words.target == "norm-pixels";
    if (sizes->norm_pix_loss_given && sizes->norm_pix_loss != norm_pix_loss)
      throw mae::UsageError("'" + words.target + "' contradicts --norm-pix-loss", "--target",
                            "give one of the two");
    fields["norm_pix_loss"] = norm_pix_loss;
    fields["target"] = norm_pix_loss ? "pixels" : words.target;
  }
  if (tool.given("--encoder-mask-tokens"))
    fields["encoder_mask_tokens"] = words.encoder_mask_tokens;
  if (tool.given("--predict")) fields["predict"] = words.predict;
  if (tool.given("--qkv-bias")) {
    fields["qkv_bias"] = words.qkv_bias != "none";
    fields["key_bias"] = words.qkv_bias != "qv";
  }
  if (tool.given("--pos-embed")) fields["pos_embed"] = words.pos_embed;
  if (tool.given("--cls-token")) fields["class_token"] = words.cls_token;
}

/// What the parsed words mean.
void take_words(const mae::cli::Tool& tool, const mae::tools::PretrainWords& words,
                mae::PretrainJob* job) {
  mae::tools::take_output_options(tool, &job->output);
  mae::PretrainOptions& training = job->training;
  training.augment.augment = mae::parse_augment(words.augment);
  training.masking.strategy = mae::parse_mask_strategy(words.strategy);
  job->default_augment = !tool.given("--augment");
  job->default_strategy = !tool.given("--strategy");
  job->default_mask_ratio = !tool.given("--mask-ratio");
  if (words.crop_scale.size() != 2) throw mae::UsageError("expected two numbers", "--crop-scale");
  training.augment.crop.min_scale = words.crop_scale[0];
  training.augment.crop.max_scale = words.crop_scale[1];
  if (words.betas.size() != 2) throw mae::UsageError("expected two numbers", "--betas");
  training.adamw.beta1 = words.betas[0];
  training.adamw.beta2 = words.betas[1];
  training.seed = static_cast<std::uint64_t>(words.seed);
  job->sizes.norm_pix_loss_given = tool.given("--norm-pix-loss");
  take_ablations(tool, words, &job->sizes);
  for (const auto& [option, field, value] :
       {std::tuple("--image-loss-weight", "image_loss_weight", words.image_loss_weight),
        {"--text-loss-weight", "text_loss_weight", words.text_loss_weight},
        {"--unpaired-text-loss-weight", "unpaired_text_loss_weight",
         words.unpaired_text_loss_weight}}) {
    if (tool.given(option)) job->sizes.others[field] = value;
  }
  job->sizes.others.update(mae::parse_model_fields(words.fields));
}

nlohmann::ordered_json plan_lines(const mae::PretrainJobReport& plan) {
  return {{"model", plan.config.dump()},
          {"parameters", plan.parameters},
          {"samples", plan.samples},
          {"batch_size", plan.plan.batch_size},
          {"steps_per_epoch", plan.plan.steps_per_epoch},
          {"steps", plan.plan.steps},
          {"lr", plan.plan.schedule.lr},
          {"memory_bytes", plan.memory_bytes}};
}

nlohmann::ordered_json result_lines(const mae::PretrainJobReport& done) {
  nlohmann::ordered_json lines = {{"epochs", done.training.epochs}, {"steps", done.training.steps}};
  if (done.training.skipped_steps > 0) lines["skipped_steps"] = done.training.skipped_steps;
  if (done.training.steps > 0) lines["train_loss"] = done.training.train_loss;
  if (done.training.epochs > 0 && done.validation_samples > 0)
    lines["val_loss"] = done.training.val_loss;
  if (!std::isnan(done.training.probe_top1)) lines["probe_top1"] = done.training.probe_top1;
  lines["images_per_second"] = done.training.images_per_second;
  lines["stall_share"] = done.training.stall_share;
  lines["peak_memory_bytes"] = done.training.peak_memory_bytes;
  lines["checkpoint"] = done.checkpoint;
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-pretrain", "train a masked autoencoder");
  mae::PretrainJob job;
  job.training.threads = 0;  // all cores
  mae::tools::PretrainWords words;
  tool.examples({"mae-pretrain train.h5 -o run --model mae-vit-small-patch16 --epochs 100 --resume",
                 "mae-pretrain photos -o run --norm-pix-loss --batch-size 64 --accum-iter 64",
                 "mae-pretrain digits.h5 -o run --embed-dim 128 --depth 6 --num-heads 4 "
                 "--no-horizontal-flip",
                 "mae-pretrain train.h5 -o run --target tokens --target-file codes.safetensors"});
  mae::tools::add_data_options(tool, &job, &words);
  mae::tools::add_run_options(tool, &job, &words);
  mae::tools::add_model_options(tool, &job, &words);
  mae::tools::add_ablation_options(tool, &job, &words);
  mae::tools::add_mask_options(tool, &job, &words);
  mae::tools::add_text_options(tool, &job, &words);
  mae::tools::add_training_options(tool, &job.training, &words);
  tool.run_and_leave(argc, argv, [&] {
    take_words(tool, words, &job);
    mae::tools::take_launch(tool, &job.launch);
    const mae::PretrainJobReport done = mae::run_pretrain_job(job, tool.progress());
    if (!done.is_first) return;
    tool.report(tool.dry_run() ? plan_lines(done) : result_lines(done));
  });
}
