// Several sources as one: names unique, labels in one numbering, and only the wanted range.
#pragma once

#include <memory>
#include <vector>

#include "mae/sources/image_source.h"

namespace mae {

/// Puts sources one after the other and keeps the samples the options ask for.
/// Names: with several sources each gets the last part of its operand in front, or the whole
/// operand where these repeat; a name that still repeats gets "#2", "#3", ... Labels: class names
/// are united and sorted, so equal names mean equal labels. throws UsageError  an empty range
///        DataError   labels that are names here and numbers there
std::unique_ptr<ImageSource> combine_sources(std::vector<std::unique_ptr<ImageSource>> sources,
                                             const SourceOptions& options);

}  // namespace mae
