// Labelled pictures by index, wherever they lie: the one view that training, encoding and
// reconstruction share.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mae/base/provenance.h"
#include "mae/base/size2d.h"
#include "mae/data/token_table.h"
#include "mae/media/channels_policy.h"
#include "mae/media/clip_reader.h"
#include "mae/media/image.h"

namespace mae {

/// How stored pixels become model input.
struct PixelStats {
  std::vector<double> mean, std;  ///< one a channel, in units of [0, 1]
};

class SampleDataset {
 public:
  virtual ~SampleDataset() = default;
  virtual int64_t size() const = 0;
  /// The stored picture: 8 or 16 bit. Shards give it at their stored size, folders at its natural
  /// one. Thread-safe.
  virtual Image image(int64_t index) const = 0;
  /// The same, but pixels outside `looked_at` may stay black.
  virtual Image image_part(int64_t index, const LookedAt& /*looked_at*/) const {
    return image(index);
  }
  /// More than one frame: samples are clips, tall pictures of their frames one below the other
  /// (mae/media/clip_reader.h), of which image_size() and patch_size() are a frame's.
  virtual ClipShape clip_shape() const { return {1, 1}; }
  int64_t frames() const { return clip_shape().frames; }
  virtual int64_t tubelet_size() const { return 1; }  ///< the shard's attribute
  /// Clips of the sample's video for training or testing, each a tall picture; of what has one clip
  /// only, a shard, that one. throws DataError as image()
  virtual std::vector<Image> clips(int64_t index, const ClipPlan& plan) const;
  virtual int64_t label(int64_t index) const = 0;  ///< -1 where unknown
  virtual const std::string& name(int64_t index) const = 0;
  virtual std::vector<std::string> class_names() const = 0;  ///< empty when unknown
  virtual int64_t channels() const = 0;
  virtual int bit_depth() const = 0;
  /// Size all pictures have, or nothing when they differ (folders).
  virtual std::optional<Size2d> image_size() const = 0;
  /// The shard's /patches attribute; nothing for folders.
  virtual std::optional<Size2d> patch_size() const = 0;
  virtual PixelStats pixel_stats() const = 0;
  virtual std::vector<Provenance::Input> inputs() const = 0;  ///< names and digests
  virtual std::vector<nlohmann::json> parents() const = 0;    ///< provenance of shards read

  /// What captions are made of; null: there are none.
  virtual const TextInfo* text_info() const { return nullptr; }
  /// A sample's caption, where there is text_info(). Thread-safe. throws DataError
  virtual TokenRow text(int64_t index) const;

  uint64_t id(int64_t index) const;  ///< sample_id(name(index)), the key of its random choices
};

struct DatasetOptions {
  int64_t channels = 3;  ///< folders are read with as many; shards brought to them by a policy
  int bit_depth = 8;     ///< for folders
  bool exif_orientation = false;  ///< turn pictures of folders upright as EXIF says
  /// For shards of other than `channels`, and for pictures of folders that grey, RGB and RGBA do
  /// not describe. kError: shards keep their channels, whatever they are, and such pictures are
  /// refused.
  ChannelsPolicy channels_policy = ChannelsPolicy::kError;
  ClipShape clip{1, 4};  ///< of videos; one frame: operands are pictures. Shards have their own.
  int64_t limit = 0;     ///< 0 = all
  int64_t resident_bytes =
      int64_t{4}
      << 30;  ///< shards up to this total are held in memory; larger ones are read chunk by chunk
};

/// Shards (one, many, a folder of them, an index file) or image folders and all else that sources/
/// reads. Mixed operands are refused. throws UsageError, DataError (no samples, shards of different
/// shapes, channels that the policy cannot adapt)
std::shared_ptr<SampleDataset> open_dataset(const std::vector<std::string>& operands,
                                            const DatasetOptions& options = {});

}  // namespace mae
