// The tiny published model (tests/golden/checkpoint) as the official code saved it, and ways to
// save it as others would.
#pragma once

#include <map>
#include <string>

#include "../base/temporary_folder.h"
#include "mae/io/safetensors_file.h"
#include "mae/layouts/layout_writer.h"
#include "mae/layouts/published_checkpoint.h"

namespace mae {

inline std::string tiny_pth() { return MAE_TESTS_DIR "/golden/checkpoint/official_model_only.pth"; }

inline ImportHints tiny_hints() {
  ImportHints hints;
  hints.num_heads = 4;
  hints.decoder_num_heads = 2;
  return hints;
}

/// All tensors of a published checkpoint in memory.
struct LoadedCheckpoint {
  explicit LoadedCheckpoint(const std::string& path, const ImportHints& hints = {}) {
    const PublishedCheckpoint published(path, hints);
    for (const auto& [name, info] : published.tensors()) loaded[name] = published.read(name);
    parts = {published.config(),
             published.preprocessing(),
             {{"program", "test"}},
             nlohmann::json::object(),
             {}};
    for (const auto& [name, tensor] : loaded)
      parts.tensors[name] = {tensor.type, tensor.shape, tensor.data.get()};
  }
  std::string bytes(const std::string& name) const {
    const LoadedTensor& tensor = loaded.at(name);
    return {static_cast<const char*>(tensor.data.get()), static_cast<size_t>(tensor.bytes)};
  }

  std::map<std::string, LoadedTensor> loaded;
  CheckpointParts parts;
};

inline void expect_same_tensors(const LoadedCheckpoint& a, const LoadedCheckpoint& b,
                                const std::string& what) {
  ASSERT_EQ(a.loaded.size(), b.loaded.size()) << what;
  for (const auto& [name, tensor] : a.loaded) {
    ASSERT_EQ(b.loaded.count(name), 1U) << what << ": " << name;
    EXPECT_EQ(tensor.type, b.loaded.at(name).type) << what << ": " << name;
    EXPECT_EQ(tensor.shape, b.loaded.at(name).shape) << what << ": " << name;
    EXPECT_EQ(a.bytes(name), b.bytes(name)) << what << ": " << name;
  }
}

}  // namespace mae
