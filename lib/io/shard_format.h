// Names and numbers of the shard format that reader and writer share; man/mae-shard.5 is the
// specification. Private to io.
#pragma once

#include <algorithm>
#include <cstdint>

namespace mae::shard_format {

constexpr char kFormat[] = "mae-shard";
constexpr int64_t kVersion = 1;

// Attributes of the root group.
constexpr char kFormatAttribute[] = "format";
constexpr char kVersionAttribute[] = "format_version";
constexpr char kProvenanceAttribute[] = "provenance";
constexpr char kProvenanceDigestAttribute[] = "provenance_digest";
constexpr char kCompleteAttribute[] = "complete";

// Attributes of every dataset; not shown among DatasetInfo::attributes.
constexpr char kDimensionsAttribute[] = "dimensions";
constexpr char kDigestAttribute[] = "digest";

constexpr char kSampleDimension[] = "sample";
constexpr char kEntryDimension[] = "entry";  // of datasets without samples, such as class_names

constexpr int64_t kMaxChunkBytes = int64_t{64} << 20;
constexpr int kMaxRank = 8;

/// Rows of a chunk: whole samples, at most 1 MiB together (one sample when it is larger), never
/// more than there are.
inline int64_t chunk_rows(int64_t row_bytes, int64_t rows) {
  constexpr int64_t kTargetBytes = int64_t{1} << 20;
  const int64_t fitting = std::max<int64_t>(1, kTargetBytes / std::max<int64_t>(1, row_bytes));
  return std::max<int64_t>(1, std::min(fitting, rows));
}

}  // namespace mae::shard_format
