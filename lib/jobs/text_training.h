// What mae-pretrain does about captions and other text: data, model and options fitted together.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "mae/data/sample_dataset.h"
#include "mae/data/text_stream.h"
#include "mae/models/checkpoint.h"
#include "mae/models/masked_model.h"

namespace mae {

struct TextTraining {
  double mask_ratio = 0.75;       ///< share of a caption's words that is hidden
  std::string unpaired;           ///< file of text without pictures, a line each; empty: none
  int64_t unpaired_length = 256;  ///< word pieces kept of a line, as published
};

/// Writes length and vocabulary of the data's captions, where there are some, into the
/// configuration of a model that reads captions.
void add_text_sizes(const SampleDataset& dataset, nlohmann::json* config);

/// What the training loop needs to know; puts the vocabulary's digest into `preprocessing`. Without
/// captions the model's text parameters are left out.
/// validation  may be null
/// throws UsageError  text for a model that takes none, or that no loss counts
///        DataError   captions do not fit the model, or those of validation the others
TextOptions settle_text(const TextTraining& text, const SampleDataset& train,
                        const SampleDataset* validation, MaskedModel& model,
                        Preprocessing* preprocessing);

/// Throws DataError unless captions of `dataset` are what `model` reads: length, vocabulary, and
/// its digest where the checkpoint recorded one. Nothing is checked where there are none.
void check_captions(const SampleDataset& dataset, const MaskedModel& model,
                    const Preprocessing& preprocessing);

}  // namespace mae
