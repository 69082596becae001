#include "mae/jobs/text_training.h"

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/text/vocabulary.h"

namespace mae {
namespace {

std::string name_of(const SampleDataset& dataset) {
  const std::vector<Provenance::Input> inputs = dataset.inputs();
  return inputs.empty() ? "" : inputs.front().name;
}

/// The weight decides whether unpaired text is read at all.
void check_unpaired(const TextTraining& text, const nlohmann::json& config, bool has_captions) {
  const double weight = config.value("unpaired_text_loss_weight", 0.0);
  if (text.unpaired.empty()) {
    if (weight > 0)
      throw UsageError("there is no text for it", "--unpaired-text-loss-weight",
                       "add --unpaired-text FILE");
    return;
  }
  if (weight == 0)
    throw UsageError("its loss counts nothing", "--unpaired-text",
                     "add --unpaired-text-loss-weight 0.1");
  if (!has_captions)
    throw UsageError("there is no vocabulary to cut it with", "--unpaired-text",
                     "give shards that were made with mae-patchify --vocab");
}

}  // namespace

void add_text_sizes(const SampleDataset& dataset, nlohmann::json* config) {
  const TextInfo* info = dataset.text_info();
  if (!info) return;
  (*config)["text_length"] = info->text_length;
  (*config)["text_vocab_size"] = info->pieces.size();
}

TextOptions settle_text(const TextTraining& text, const SampleDataset& train,
                        const SampleDataset* validation, MaskedModel& model,
                        Preprocessing* preprocessing) {
  if (!model.takes_text()) {
    if (!text.unpaired.empty())
      throw UsageError("this model takes no text", "--unpaired-text",
                       "models of pictures and text begin with m3ae-");
    return {};
  }
  const TextInfo* info = train.text_info();
  check_unpaired(text, model.config(), info != nullptr);
  if (!info) {
    log_info("there are no captions: the model learns from pictures alone");
    model.leave_out_text();
    return {};
  }
  check_captions(train, model, *preprocessing);
  if (validation) {
    const TextInfo* other = validation->text_info();
    if (!other || other->text_length != info->text_length || other->pieces != info->pieces)
      throw DataError(
          "captions, their length or their vocabulary are not those of the training set",
          name_of(*validation), "make both with one --vocab and --text-length");
  }
  preprocessing->vocabulary = vocabulary_digest(info->pieces);
  TextOptions options;
  options.wanted = true;
  options.mask_ratio = text.mask_ratio;
  draw_word_selection(info->text_length, text.mask_ratio, 0, "check", 0, {0});  // or throws
  if (!text.unpaired.empty())
    options.unpaired =
        std::make_shared<const TextCorpus>(text.unpaired, info->pieces, text.unpaired_length);
  return options;
}

void check_captions(const SampleDataset& dataset, const MaskedModel& model,
                    const Preprocessing& preprocessing) {
  const TextInfo* info = dataset.text_info();
  if (!info) return;
  const nlohmann::json config = model.config();
  const auto check = [&](const char* what, const std::string& have, const std::string& want) {
    if (have == want) return;
    throw DataError(std::string(what) + " " + have + "; the model's is " + want, name_of(dataset),
                    "make the shard with the --vocab and --text-length the model was trained with");
  };
  check("captions have the length", std::to_string(info->text_length),
        config.at("text_length").dump());
  check("the vocabulary has the size", std::to_string(info->pieces.size()),
        config.at("text_vocab_size").dump());
  if (!preprocessing.vocabulary.empty())
    check("the vocabulary has the digest", vocabulary_digest(info->pieces),
          preprocessing.vocabulary);
}

}  // namespace mae
