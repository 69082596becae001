// Where pictures come from: one view of folders, lists, tables, archives and MNIST files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mae/base/digest.h"
#include "mae/base/provenance.h"
#include "mae/media/clip_reader.h"
#include "mae/media/image_decode.h"

namespace mae {

/// What is known of a sample before it is read.
struct SourceItem {
  std::string name;     ///< UTF-8, relative to the input, unique within the source
  int64_t label = -1;   ///< class index, -1 where unknown
  std::string caption;  ///< empty where there is none
};

/// A run of samples that came from one operand.
struct SourcePart {
  std::string operand;
  int64_t first = 0, count = 0;
};

/// Pictures by index, with names, labels and captions. Const and safe to use from several threads.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  ImageSource(const ImageSource&) = delete;
  ImageSource& operator=(const ImageSource&) = delete;

  int64_t size() const { return static_cast<int64_t>(items_.size()); }
  const SourceItem& item(int64_t i) const { return items_[static_cast<size_t>(i)]; }
  /// Empty where labels are plain numbers or missing.
  const std::vector<std::string>& class_names() const { return class_names_; }
  bool has_labels() const;
  bool has_captions() const;
  /// What the samples came from, in order; together the parts hold all samples.
  const std::vector<SourcePart>& parts() const { return parts_; }

  /// The stored bytes of sample i: an encoded picture, bare pixels of an IDX file, or for a clip
  /// the digest of its video.
  /// throws DataError  missing, unreadable, truncated
  virtual std::string read(int64_t i) const = 0;
  /// Pixels from what read(i) gave. Throws DataError as decode_image.
  virtual Image decode(int64_t i, const std::string& bytes, const DecodeOptions& options) const;
  Image load(int64_t i, const DecodeOptions& options) const { return decode(i, read(i), options); }
  /// Clips of the video of sample i, tall pictures, in the order of the plan.
  /// throws DataError  as read_video_clips; the sample is a picture
  virtual std::vector<Image> decode_clips(int64_t i, const DecodeOptions& options,
                                          const ClipPlan& plan) const;
  /// Where sample i lies, for messages: "photos/cat/1.jpg", "photos.tar:cat/1.jpg".
  virtual std::string where(int64_t i) const = 0;

 protected:
  ImageSource(std::vector<SourceItem> items, std::vector<std::string> class_names,
              std::vector<SourcePart> parts)
      : items_(std::move(items)), class_names_(std::move(class_names)), parts_(std::move(parts)) {}

 private:
  std::vector<SourceItem> items_;
  std::vector<std::string> class_names_;
  std::vector<SourcePart> parts_;
};

/// How videos become samples.
struct ClipOptions {
  ClipShape shape;
  int64_t per_video = 1;  ///< clips, spread evenly over each video
  /// What becomes of each frame (the second argument is for messages); empty: it stays.
  std::function<Image(const Image& frame, const std::string& where)> fit;
};

/// Which samples of the operands are wanted, counted over all of them in order.
struct SourceOptions {
  int64_t first = 0;           ///< --range FIRST:LAST keeps samples FIRST .. LAST-1
  int64_t last = -1;           ///< -1: to the end
  int64_t limit = 0;           ///< --limit: at most this many; 0: all
  bool allow_outside = false;  ///< --allow-outside: lists may name files outside their own folder
  std::optional<ClipOptions> clips;  ///< given: samples are clips of videos, not pictures
};

/// Opens what the operands name, one after the other:
///   a folder whose subfolders hold pictures   class folders; classes sorted by name
///   any other folder                          its pictures sorted by name, without labels
///   .txt .lst .list                           one path a line, relative to the list
///   .csv .tsv                                 header with image|path|file|filename, label|class,
///   caption|text .tar                                      KEY.jpg with KEY.cls and KEY.txt, or
///   class folders; FILE.tar/FOLDER for a part IDX images (MNIST), plain or .gz          with the
///   labels file that lies beside them a picture
/// With options.clips: video files, folders of frames, folders of both (list_clip_folder), lists and
/// tables of such; neither archives nor IDX files.
/// Names are made unique: several operands are told apart by a prefix, repeated names by "#2".
/// throws UsageError  the range is empty or outside the samples
///        DataError   missing, not recognised, damaged, or without a single picture
std::unique_ptr<ImageSource> open_image_source(const std::vector<std::string>& operands,
                                               const SourceOptions& options = {});

/// "0:8000", ":100", "8000:" into first and last. Throws UsageError.
void parse_range(const std::string& text, SourceOptions* options);

/// Digests of a source's parts: over name, label, caption and stored bytes of each sample in order,
/// so that equal digests mean equal samples, wherever they lie.
class SourceDigest {
 public:
  explicit SourceDigest(const ImageSource& source);
  /// Samples are added in order 0, 1, ...; content is digest_of(bytes), or "" for one that cannot
  /// be read.
  void add(const std::string& content);
  std::vector<Provenance::Input> inputs() const;

 private:
  const ImageSource& source_;
  std::vector<Digest> digests_;
  int64_t next_ = 0;
  size_t part_ = 0;
};

/// The same in one go: reads every sample, without decoding, on `threads` threads.
std::vector<Provenance::Input> digest_source(const ImageSource& source, int threads);

}  // namespace mae
