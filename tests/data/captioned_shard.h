// A patch shard with captions, written for tests.
#pragma once

#include <string>
#include <vector>

#include "mae/io/shard_writer.h"

namespace mae::test {

struct CaptionedShard {
  int64_t samples = 6, text_length = 4;
  std::vector<std::string> pieces{"[PAD]", "[UNK]", "a", "cat", "dog", "##s"};
  bool with_vocabulary = true;
  int32_t first_token = 2;  ///< of sample 0; others have 2 and 3 + i % 3
};

/// Grey pictures of 8 x 8 in patches of 4 x 4. Sample i has the caption {2, 3 + i % 3} and padding;
/// every third has none.
inline void write_captioned_shard(const std::string& path, const CaptionedShard& shard = {}) {
  DatasetSpec patches, labels, names, tokens, padding;
  patches.name = "patches";
  patches.sample_shape = {4, 16};
  patches.attributes = {
      {"patch_size", {4, 4}}, {"grid", {2, 2}}, {"channels", 1}, {"mean", {0.5}}, {"std", {0.25}}};
  labels.name = "labels";
  labels.type = ElementType::kInt64;
  names.name = "names";
  names.is_text = true;
  tokens.name = "tokens";
  tokens.type = ElementType::kInt32;
  tokens.sample_shape = padding.sample_shape = {shard.text_length};
  padding.name = "token_padding";
  ShardWriter writer(path, shard.samples, {patches, labels, names, tokens, padding});
  for (int64_t i = 0; i < shard.samples; ++i) {
    std::vector<uint8_t> pixels;
    for (int64_t k = 0; k < 64; ++k) pixels.push_back(static_cast<uint8_t>(37 * i + 11 * k));
    std::vector<int32_t> row(static_cast<size_t>(shard.text_length), 0);
    std::vector<uint8_t> pad(row.size(), 1);
    if (i % 3 != 2) {
      row[0] = i == 0 ? shard.first_token : 2;
      row[1] = static_cast<int32_t>(3 + i % 3);
      pad[0] = pad[1] = 0;
    }
    const int64_t label = i % 2;
    writer.append("patches", pixels.data(), 1);
    writer.append("labels", &label, 1);
    writer.append("tokens", row.data(), 1);
    writer.append("token_padding", pad.data(), 1);
    writer.append_text("names", {"s/" + std::to_string(i)});
  }
  if (shard.with_vocabulary) writer.write_text("vocabulary", shard.pieces);
  Provenance provenance;
  provenance.program = "mae-patchify";
  writer.commit(provenance);
}

}  // namespace mae::test
