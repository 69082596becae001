// The published order of operations (spec 8.3, 8.4).
#include "mae/models/m3ae.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>

#include <tuple>

#include "mae/base/error.h"
#include "mae/base/text.h"
#include "mae/models/init_rules.h"
#include "mae/models/initialize.h"
#include "mae/models/size_json.h"
#include "mae/ops/gather_tokens.h"
#include "mae/ops/patch_loss.h"
#include "mae/ops/patchify.h"
#include "mae/ops/pos_embed.h"

namespace mae {
namespace {

Tensor image_table(int64_t width, Size2d grid) {
  return sincos_pos_embed(width, grid, /*cls_token=*/false).unsqueeze(0).to(at::kFloat);
}

/// [all sines | all cosines] of the position: the columns' half of a 2-D table of one row.
Tensor text_table(int64_t width, int64_t length) {
  return sincos_pos_embed(2 * width, {1, length}, /*cls_token=*/false)
      .slice(/*dim=*/1, 0, width)
      .unsqueeze(0)
      .to(at::kFloat);
}

BlockOptions block_options(const M3aeOptions& o, int64_t dim, int64_t num_heads) {
  BlockOptions block;
  block.dim = dim;
  block.num_heads = num_heads;
  block.mlp_ratio = o.mlp_ratio;
  block.layer_norm_eps = o.layer_norm_eps;
  return block;
}

/// The table of captions, or for text of another length one of its own.
Tensor positions_for(const Tensor& table, int64_t length) {
  return table.size(1) == length ? table : text_table(table.size(2), length);
}

/// tokens [B, L, D] plus a table and, where there is one, a type.
Tensor add_position(const Tensor& tokens, const Tensor& table, const Tensor& type) {
  const Tensor placed = tokens + table.to(tokens.options());
  return type.defined() ? placed + type : placed;
}

/// visible [B, L_vis, D], mask tokens where hidden, in raster order: [B, L, D].
Tensor unshuffle(const Tensor& visible, const Tensor& mask_embedding, const Tensor& ids_restore) {
  const int64_t hidden = ids_restore.size(1) - visible.size(1);
  const Tensor masks =
      mask_embedding.to(visible.scalar_type()).expand({visible.size(0), hidden, -1});
  return gather_tokens(at::cat({visible, masks}, /*dim=*/1), ids_restore);
}

/// values, counted [B, T]: sum over what counts, by its number, averaged over all samples; one in
/// which nothing counts contributes 0.
Tensor mean_by_sample(const Tensor& values, const Tensor& counted) {
  return ((values * counted).sum(/*dim=*/1) / counted.sum(/*dim=*/1).clamp_min(1e-5)).mean();
}

}  // namespace

M3ae::M3ae(const M3aeOptions& options) : options_(options) {
  check_options(options);
  const M3aeOptions& o = options_;
  const int64_t D = o.emb_dim, Dd = o.dec_emb_dim;
  const auto token = [&](const char* name, int64_t width) {
    return register_parameter(name, at::empty({1, 1, width}));
  };
  cls_token_ = token("cls_token", D);
  image_mask_embedding_ = token("image_mask_embedding", Dd);
  text_mask_embedding_ = token("text_mask_embedding", Dd);
  if (o.use_type_embedding) {
    encoder_image_type_ = token("encoder_image_type_embedding", D);
    encoder_text_type_ = token("encoder_text_type_embedding", D);
    decoder_image_type_ = token("decoder_image_type_embedding", Dd);
    decoder_text_type_ = token("decoder_text_type_embedding", Dd);
  }
  const auto linear = [&](const char* name, int64_t in, int64_t out, bool bias) {
    return register_module(name, std::make_shared<Linear>(in, out, bias));
  };
  image_embedding_ = linear("image_embedding", o.patch_values(), D, true);
  text_embedding_ = linear("text_embedding", D, o.text_vocab_size, false);
  encoder_ = register_module(
      "encoder", std::make_shared<PaddedTransformer>(o.depth, block_options(o, D, o.num_heads)));
  decoder_input_projection_ = linear("decoder_input_projection", D, Dd, true);
  decoder_ = register_module("decoder", std::make_shared<PaddedTransformer>(
                                            o.dec_depth, block_options(o, Dd, o.dec_num_heads)));
  decoder_image_output_ = linear("decoder_image_output", Dd, o.patch_values(), true);
  decoder_text_output_ = linear("decoder_text_output", Dd, o.text_vocab_size, true);
  image_positions_ = image_table(D, o.grid());
  text_positions_ = text_table(D, o.text_length);
  decoder_image_positions_ = image_table(Dd, o.grid());
  decoder_text_positions_ = text_table(Dd, o.text_length);
}

M3aeOutput M3ae::forward_batch(const M3aeBatch& batch, const M3aeSelection& selection) {
  M3aeOutput output;
  decode(encode_batch(batch, &selection), batch, selection, &output);
  add_losses(batch, selection, &output);
  return output;
}

Tensor M3ae::encode_batch(const M3aeBatch& batch, const M3aeSelection* selection) const {
  const Sequence sequence = embed(batch, selection);
  return encoder_->forward(sequence.tokens, sequence.key_bias);
}

M3ae::Sequence M3ae::embed(const M3aeBatch& batch, const M3aeSelection* selection) const {
  const bool has_images = batch.images.defined(), has_text = batch.text.defined();
  if (!has_images && !has_text) throw UsageError("a batch needs pictures, text or both");
  const int64_t B = has_images ? batch.images.size(0) : batch.text.size(0);
  std::vector<Tensor> parts{cls_token_.expand({B, -1, -1})};
  if (has_images) {
    check_shape("images", batch.images,
                {B, options_.in_chans, options_.image_size.height, options_.image_size.width});
    const Tensor x =
        add_position(image_embedding_->forward(patchify(batch.images, options_.patch_size)),
                     image_positions_, encoder_image_type_);
    parts.push_back(selection ? gather_tokens(x, selection->image.ids_keep) : x);
  }
  if (!has_text) return {at::cat(parts, /*dim=*/1), {}};
  const int64_t T = has_images ? options_.text_length : batch.text.size(1);
  check_shape("text", batch.text, {B, T});
  check_shape("text_padding", batch.text_padding, {B, T});
  const Tensor x = add_position(at::embedding(text_embedding_->weight, batch.text),
                                positions_for(text_positions_, T), encoder_text_type_);
  Tensor padding = batch.text_padding.ne(0);
  if (selection) padding = padding.gather(/*dim=*/1, selection->text.ids_keep);
  parts.push_back(selection ? gather_tokens(x, selection->text.ids_keep) : x);
  const Tensor tokens = at::cat(parts, /*dim=*/1);
  const Tensor nothing =
      at::zeros({B, tokens.size(1) - padding.size(1)}, padding.options());  // class and patches
  return {tokens, padding_bias(at::cat({nothing, padding}, /*dim=*/1))};
}

void M3ae::decode(const Tensor& latent, const M3aeBatch& batch, const M3aeSelection& selection,
                  M3aeOutput* output) const {
  const Tensor x = decoder_input_projection_->forward(latent);
  const bool has_images = batch.images.defined(), has_text = batch.text.defined();
  const int64_t kept = has_images ? selection.image.ids_keep.size(1) : 0;
  std::vector<Tensor> parts{x.slice(/*dim=*/1, 0, 1)};
  if (has_images) {
    parts.push_back(add_position(unshuffle(x.slice(/*dim=*/1, 1, 1 + kept), image_mask_embedding_,
                                           selection.image.ids_restore),
                                 decoder_image_positions_, decoder_image_type_));
  }
  Tensor key_bias;
  if (has_text) {
    parts.push_back(add_position(
        unshuffle(x.slice(/*dim=*/1, 1 + kept), text_mask_embedding_, selection.text.ids_restore),
        positions_for(decoder_text_positions_, batch.text.size(1)), decoder_text_type_));
    const int64_t before = 1 + (has_images ? options_.grid().area() : 0);
    const Tensor padding = batch.text_padding.ne(0);
    key_bias = padding_bias(
        at::cat({at::zeros({padding.size(0), before}, padding.options()), padding}, /*dim=*/1));
  }
  const Tensor y = decoder_->forward(at::cat(parts, /*dim=*/1), key_bias);
  const int64_t patches = has_images ? options_.grid().area() : 0;
  if (has_images) output->pred = decoder_image_output_->forward(y.slice(/*dim=*/1, 1, 1 + patches));
  if (has_text) output->text_pred = decoder_text_output_->forward(y.slice(/*dim=*/1, 1 + patches));
}

void M3ae::add_losses(const M3aeBatch& batch, const M3aeSelection& selection,
                      M3aeOutput* output) const {
  if (batch.images.defined()) {
    const Tensor target = patchify(batch.images.detach(), options_.patch_size);
    const Tensor errors = patch_errors(output->pred, target);  // [B, L]
    output->image_loss = mean_by_sample(errors, selection.image.mask.to(errors.scalar_type()));
    output->loss = output->image_loss * options_.image_loss_weight;
  }
  if (!batch.text.defined()) return;
  const Tensor log_p = at::log_softmax(output->text_pred, /*dim=*/-1);  // [B, T, V]
  const Tensor surprise = -log_p.gather(/*dim=*/2, batch.text.unsqueeze(-1)).squeeze(-1);
  const Tensor counted =
      (selection.text.mask.ne(0) & batch.text_padding.eq(0)).to(surprise.scalar_type());  // [B, T]
  output->text_loss = mean_by_sample(surprise, counted);
  const Tensor right = output->text_pred.argmax(/*dim=*/-1).eq(batch.text);
  output->text_accuracy = mean_by_sample(right.to(surprise.scalar_type()), counted);
  const Tensor weighted = output->text_loss * options_.text_loss_weight;
  output->loss = output->loss.defined() ? output->loss + weighted : weighted;
}

PretrainOutput M3ae::forward(const Tensor& images, const PatchSelection& selection) {
  M3aeBatch batch;
  batch.images = images;
  const M3aeOutput output = forward_batch(batch, {selection, {}});
  return {output.image_loss, output.pred};
}

PretrainOutput M3ae::forward_with_text(const Tensor& images, const PatchSelection& selection,
                                       const TextInput& captions, const TextInput& unpaired) {
  const M3aeOutput both =
      forward_batch({images, captions.tokens, captions.padding}, {selection, captions.selection});
  PretrainOutput output{both.loss, both.pred, both.text_pred, {}};
  if (images.defined()) output.parts.push_back({"image_loss", both.image_loss});
  if (captions.tokens.defined()) {
    output.parts.push_back({"text_loss", both.text_loss});
    output.parts.push_back({"text_accuracy", both.text_accuracy});
  }
  if (!unpaired.tokens.defined()) return output;
  const M3aeOutput alone =
      forward_batch({{}, unpaired.tokens, unpaired.padding}, {{}, unpaired.selection});
  output.loss = output.loss + alone.text_loss * options_.unpaired_text_loss_weight;
  output.parts.push_back({"unpaired_text_loss", alone.text_loss});
  output.parts.push_back({"unpaired_text_accuracy", alone.text_accuracy});
  return output;
}

void M3ae::leave_out_text() {
  for (auto& item : named_parameters()) {
    if (item.key().find("text_") != std::string::npos) item.value().set_requires_grad(false);
  }
}

bool M3ae::is_undecayed(const std::string& name) const {
  return name == "cls_token" || name == "text_embedding.weight" || ends_with(name, "_embedding");
}

EncoderOutput M3ae::encode(const Tensor& images, const PatchSelection* selection,
                           const EncodeRequest& request) {
  M3aeBatch batch;
  batch.images = images;
  M3aeSelection visible;
  if (selection) visible.image = *selection;
  EncoderOutput output;
  output.tokens = encoder_->forward(embed(batch, selection ? &visible : nullptr).tokens, {},
                                    request.blocks, &output.blocks);
  return output;
}

nlohmann::json M3ae::config() const {
  nlohmann::json json = options_;
  json["model"] = "m3ae";
  return json;
}

void M3ae::initialize(uint64_t seed) {
  initialize_module(*this, {LinearInit::kXavierUniform}, seed,
                    [&](const std::string& name, Tensor& parameter) {
                      if (name == "text_embedding.weight") {
                        fill_normal(parameter, 1.0, seed, name);
                      } else if (ends_with(name, "_embedding")) {
                        fill_normal(parameter, 0.02, seed, name);
                      } else {
                        return false;
                      }
                      return true;
                    });
}

ResizeRule m3ae_resize_rule() {
  return {[](nlohmann::json config, Size2d img_size) {
            config["img_size"] = img_size;
            return config;
          },
          [](const nlohmann::json&, const nlohmann::json&, StateDict*) {}};
}

MaskedModelKind m3ae_kind() {
  MaskedModelKind kind;
  kind.model = "m3ae";
  kind.family = "m3ae-";
  kind.classifier = "m3ae_classifier";
  kind.takes_text = true;
  const std::tuple<const char*, int64_t, int64_t, int64_t> sizes[] = {
      {"m3ae-small-patch16", 384, 12, 6},
      {"m3ae-base-patch16", 768, 12, 12},
      {"m3ae-large-patch16", 1024, 24, 16},
      {"m3ae-huge-patch16", 1280, 32, 16}};
  for (const auto& [name, emb_dim, depth, num_heads] : sizes) {
    M3aeOptions options;
    options.emb_dim = emb_dim;
    options.depth = depth;
    options.num_heads = num_heads;
    nlohmann::json json = options;
    json["model"] = kind.model;
    kind.named.emplace_back(name, json);
  }
  kind.make = [](const nlohmann::json& config) {
    return std::make_shared<M3ae>(parse_model_options<M3aeOptions>(config));
  };
  kind.resize = m3ae_resize_rule();
  return kind;
}

}  // namespace mae
