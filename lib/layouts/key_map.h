// Names of tensors in the published layouts and in ours, which are the official implementation's
// (spec 6).
#pragma once

#include <string>
#include <vector>

namespace mae {

/// One move: a name taken or renamed, or query, key and value merged into one or split again.
struct KeyMove {
  std::vector<std::string> from, to;
};

enum class NameStyle {
  kOfficial,     ///< also timm's, and ours
  kHuggingFace,  ///< any of its three spellings
};

/// By the names themselves. `where` is for the error. throws DataError when they are of neither
NameStyle name_style(const std::vector<std::string>& names, const std::string& where);

/// How names become official ones. Names that nothing is known of are left out. A prefix "module."
/// that all names share, left by DistributedDataParallel, is dropped.
std::vector<KeyMove> moves_to_official(const std::vector<std::string>& names, NameStyle style);

/// How official names become those of Hugging Face's hub files. `prefix` is "vit." or, for the bare
/// encoder model, empty.
std::vector<KeyMove> moves_to_hugging_face(const std::vector<std::string>& names,
                                           const std::string& prefix);

}  // namespace mae
