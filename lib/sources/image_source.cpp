#include "mae/sources/image_source.h"

#include <algorithm>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/parallel.h"

namespace mae {

bool ImageSource::has_labels() const {
  return std::any_of(items_.begin(), items_.end(),
                     [](const SourceItem& i) { return i.label >= 0; });
}

bool ImageSource::has_captions() const {
  return std::any_of(items_.begin(), items_.end(),
                     [](const SourceItem& item) { return !item.caption.empty(); });
}

Image ImageSource::decode(int64_t i, const std::string& bytes, const DecodeOptions& options) const {
  return decode_image(bytes, where(i), options);
}

std::vector<Image> ImageSource::decode_clips(int64_t i, const DecodeOptions&,
                                             const ClipPlan&) const {
  throw DataError("is a picture; expected a video", where(i));
}

SourceDigest::SourceDigest(const ImageSource& source)
    : source_(source), digests_(source.parts().size()) {}

void SourceDigest::add(const std::string& content) {
  const auto end = [&] { return source_.parts()[part_].first + source_.parts()[part_].count; };
  while (next_ >= end()) ++part_;
  const SourceItem& item = source_.item(next_++);
  // Every field carries its length, so that no two different samples look the same.
  for (const std::string& field : {item.name, std::to_string(item.label), item.caption, content}) {
    const std::string length = std::to_string(field.size()) + ":";
    digests_[part_].update(length.data(), length.size());
    digests_[part_].update(field.data(), field.size());
  }
}

std::vector<Provenance::Input> SourceDigest::inputs() const {
  std::vector<Provenance::Input> inputs;
  for (size_t i = 0; i < digests_.size(); ++i) {
    inputs.push_back({source_.parts()[i].operand, digests_[i].text()});
  }
  return inputs;
}

std::vector<Provenance::Input> digest_source(const ImageSource& source, int threads) {
  SourceDigest digest(source);
  const auto content = [&](int64_t i) -> std::string {
    try {
      const std::string bytes = source.read(i);
      return digest_of(bytes.data(), bytes.size());
    } catch (const DataError&) {
      return "";  // an unreadable sample is part of the input, too; reading it again says why
    }
  };
  ordered_map(source.size(), threads, 0, content, [&](int64_t, const std::string& text) {
    check_interrupt();
    digest.add(text);
  });
  return digest.inputs();
}

}  // namespace mae
