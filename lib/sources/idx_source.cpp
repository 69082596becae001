#include "mae/sources/idx_source.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/media/image_decode.h"
#include "mae/sources/first_look.h"
#include "mae/sources/gzip_file.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxIdxBytes = int64_t{4} << 30;
constexpr const char* kImagesMark = "images-idx3-ubyte";
constexpr const char* kLabelsMark = "labels-idx1-ubyte";

int64_t big32(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

/// Sizes of the dimensions and the bytes behind them.
struct IdxArray {
  std::vector<int64_t> shape;
  std::string bytes;  ///< the whole file, header included
  size_t header_bytes = 0;
};

IdxArray read_idx(const std::string& path, size_t dimensions) {
  look_first(path, "IDX", [&] { read_idx(path, dimensions); });
  IdxArray array;
  array.header_bytes = 4 + 4 * dimensions;
  const std::string header = read_beginning(path, static_cast<int64_t>(array.header_bytes));
  if (header.size() < array.header_bytes)
    throw DataError("the IDX file ends inside its header", path);
  int64_t total = 1;
  for (size_t d = 0; d < dimensions; ++d) {
    const int64_t size = big32(header, 4 + 4 * d);
    if (size < 1 || total > kMaxIdxBytes / size) {
      throw DataError(
          "the IDX header claims " + std::to_string(size) + " in dimension " + std::to_string(d),
          path, "the file is damaged");
    }
    array.shape.push_back(size);
    total *= size;
  }
  const int64_t expected = static_cast<int64_t>(array.header_bytes) + total;
  array.bytes = read_unpacked(path, expected);
  if (static_cast<int64_t>(array.bytes.size()) != expected) {
    throw DataError("the IDX file holds " + std::to_string(array.bytes.size()) +
                        " bytes; expected " + std::to_string(expected) + " from its header",
                    path, "the file is truncated; fetch it again");
  }
  return array;
}

class IdxSource : public ImageSource {
 public:
  IdxSource(std::string path, IdxArray images, std::vector<SourceItem> items)
      : ImageSource(std::move(items), {}, {{path, 0, images.shape[0]}}),
        path_(std::move(path)),
        images_(std::move(images)) {}

  std::string read(int64_t i) const override {
    const int64_t size = images_.shape[1] * images_.shape[2];
    return images_.bytes.substr(images_.header_bytes + static_cast<size_t>(i * size),
                                static_cast<size_t>(size));
  }
  Image decode(int64_t i, const std::string& bytes, const DecodeOptions& options) const override {
    Image image;
    image.height = images_.shape[1];
    image.width = images_.shape[2];
    image.channels = 1;
    image.bytes.assign(bytes.begin(), bytes.end());
    return fit_to_options(std::move(image), options, where(i));
  }
  std::string where(int64_t i) const override { return path_ + ":" + std::to_string(i); }

 private:
  std::string path_;
  IdxArray images_;
};

/// The labels file beside an images file, or "".
std::string labels_beside(const std::string& path) {
  std::string name = fs::path(path).filename().string();
  const size_t mark = name.find(kImagesMark);
  if (mark == std::string::npos) return "";
  name = name.substr(0, mark) + kLabelsMark;
  for (const char* ending : {"", ".gz"}) {
    const fs::path candidate = fs::path(path).parent_path() / (name + ending);
    std::error_code ignored;
    if (fs::exists(candidate, ignored)) return candidate.string();
  }
  return "";
}

/// "t10k-images-idx3-ubyte.gz" -> "t10k/"; other names lose their ending.
std::string name_prefix(const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  const size_t mark = name.find(kImagesMark);
  if (mark == std::string::npos) return name.substr(0, name.find('.')) + "/";
  std::string stem = name.substr(0, mark);
  while (!stem.empty() && (stem.back() == '-' || stem.back() == '_' || stem.back() == '.'))
    stem.pop_back();
  return stem.empty() ? "" : stem + "/";
}

}  // namespace

IdxKind idx_kind(const std::string& first_bytes) {
  if (first_bytes.compare(0, 4, std::string("\0\0\x08\x03", 4)) == 0) return IdxKind::kImages;
  if (first_bytes.compare(0, 4, std::string("\0\0\x08\x01", 4)) == 0) return IdxKind::kLabels;
  return IdxKind::kNotIdx;
}

std::unique_ptr<ImageSource> open_idx_source(const std::string& path) {
  IdxArray images = read_idx(path, 3);
  const int64_t count = images.shape[0];
  IdxArray labels;
  const std::string labels_path = labels_beside(path);
  if (labels_path.empty()) {
    log_warning(printable(path) + ": no labels file lies beside it; the samples have no labels");
  } else {
    labels = read_idx(labels_path, 1);
    if (labels.shape[0] != count) {
      throw DataError("it holds " + std::to_string(labels.shape[0]) + " labels; expected " +
                          std::to_string(count) + ", the number of images",
                      labels_path);
    }
  }
  const std::string prefix = name_prefix(path);
  std::vector<SourceItem> items(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    char number[24];
    std::snprintf(number, sizeof(number), "%05lld", static_cast<long long>(i));
    SourceItem& item = items[static_cast<size_t>(i)];
    item.name = prefix + number;
    if (!labels_path.empty()) {
      item.label = static_cast<uint8_t>(labels.bytes[labels.header_bytes + static_cast<size_t>(i)]);
    }
  }
  return std::make_unique<IdxSource>(path, std::move(images), std::move(items));
}

}  // namespace mae
