// OpenCV reads no more than 4 bands, no bands that lie apart, and multiplies RGB with alpha.
#include "mae/media/tiff_decode.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mae/base/error.h"
#include "mae/media/tiff_directory.h"
#include "mae/media/tiff_unpack.h"

namespace mae {
namespace {

// Of a picture or a block, all bands counted.
constexpr int64_t kMaxSamples = int64_t{4} * 89478485;

enum Tag : uint32_t {
  kWidth = 256,
  kHeight = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kFillOrder = 266,
  kStripOffsets = 273,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kStripByteCounts = 279,
  kPlanarConfiguration = 284,
  kPredictor = 317,
  kColorMap = 320,
  kTileWidth = 322,
  kTileLength = 323,
  kTileOffsets = 324,
  kTileByteCounts = 325,
  kSampleFormat = 339
};
constexpr uint32_t kBlackIsZero = 1, kRgb = 2, kPalette = 3;

/// How the samples lie in the file. Blocks are strips or tiles.
struct TiffLayout {
  Size2d size, block;
  int64_t bands = 1;
  int64_t sample_bytes = 1;
  bool is_tiled = false, bands_apart = false, is_little_endian = true, holds_differences = false;
  TiffCompression compression = TiffCompression::kNone;
  std::vector<uint32_t> offsets, byte_counts;  // of blocks, row by row, band after band

  Size2d blocks() const {
    return {(size.height + block.height - 1) / block.height,
            (size.width + block.width - 1) / block.width};
  }
  int64_t planes() const { return bands_apart ? bands : 1; }
  int64_t block_bands() const { return bands_apart ? 1 : bands; }
  /// Rows of a block: the last strip ends with the picture, tiles are always whole.
  int64_t rows_at(int64_t top) const {
    return is_tiled ? block.height : std::min(block.height, size.height - top);
  }
};

[[noreturn]] void damaged(const std::string& what, const std::string& name) {
  throw DataError(what, name, "the file is damaged; export it again");
}

bool all_equal(const std::vector<uint32_t>& values, uint32_t expected) {
  return std::all_of(values.begin(), values.end(), [=](uint32_t v) { return v == expected; });
}

/// Whether samples, colours and compression are of the kinds that are decoded here.
bool is_known_kind(const TiffDirectory& tags, uint32_t bits) {
  const uint32_t photometric = tags.number(kPhotometric, kBlackIsZero);
  const bool is_palette = photometric == kPalette && bits == 8 &&
                          tags.number(kSamplesPerPixel, 1) == 1 &&
                          tags.numbers(kColorMap).size() == 3 * 256;
  const uint32_t predictor = tags.number(kPredictor, 1);
  return (bits == 8 || bits == 16) && all_equal(tags.numbers(kBitsPerSample), bits) &&
         all_equal(tags.numbers(kSampleFormat), 1) &&
         (photometric == kBlackIsZero || photometric == kRgb || is_palette) &&
         tags.number(kFillOrder, 1) == 1 && (predictor == 1 || predictor == 2) &&
         tiff_compression(tags.number(kCompression, 1)).has_value();
}

void check_blocks(const TiffLayout& layout, int64_t file_bytes, const std::string& name) {
  if (layout.bands < 1) damaged("the TIFF has no bands", name);
  // Tiles may stick out of a small picture, but not by gigabytes.
  constexpr int64_t kMaxBlockSide = 1 << 20, kAnyBlockArea = 1 << 22;
  const Size2d block = layout.block;
  if (block.height < 1 || block.width < 1 || block.height > kMaxBlockSide ||
      block.width > kMaxBlockSide ||
      block.area() > std::max(4 * layout.size.area(), kAnyBlockArea)) {
    damaged("the TIFF is cut into strips or tiles of " + size_text(block) + " pixels", name);
  }
  if (layout.size.area() > kMaxSamples / layout.bands ||
      block.area() > kMaxSamples / layout.block_bands()) {
    throw DataError("the TIFF claims " + size_text(layout.size) + " pixels of " +
                        std::to_string(layout.bands) + " bands; at most " +
                        std::to_string(kMaxSamples) + " numbers are decoded",
                    name, "scale it down first");
  }
  const auto count = static_cast<size_t>(layout.blocks().area() * layout.planes());
  if (layout.offsets.size() < count || layout.byte_counts.size() < count) {
    damaged("the TIFF lacks the places of " + std::to_string(count) + " strips or tiles", name);
  }
  // No compression here packs more than 4096 bytes into one.
  constexpr int64_t kBestRatio = 4096;
  if (layout.size.area() * layout.bands * layout.sample_bytes / kBestRatio > file_bytes) {
    damaged("the TIFF data end early", name);
  }
}

std::optional<TiffLayout> read_layout(const TiffDirectory& tags, const std::string& name) {
  TiffLayout layout;
  layout.bands = tags.number(kSamplesPerPixel, 1);
  const uint32_t bits = tags.number(kBitsPerSample, 1);
  if (!is_known_kind(tags, bits)) {
    if (layout.bands <= 4) return std::nullopt;
    throw DataError("the TIFF has " + std::to_string(layout.bands) +
                        " bands of an unusual kind; expected unsigned samples of 8 or 16 bits, "
                        "uncompressed or packed by LZW, deflate or PackBits",
                    name, "write it again with gdal_translate -ot UInt16 -co COMPRESS=DEFLATE");
  }
  layout.size = {tags.number(kHeight, 0), tags.number(kWidth, 0)};
  layout.sample_bytes = bits / 8;
  layout.bands_apart = tags.number(kPlanarConfiguration, 1) == 2 && layout.bands > 1;
  layout.is_little_endian = tags.is_little_endian();
  layout.holds_differences = tags.number(kPredictor, 1) == 2;
  layout.compression = *tiff_compression(tags.number(kCompression, 1));
  layout.is_tiled = tags.number(kTileWidth, 0) > 0;
  if (layout.is_tiled) {
    layout.block = {tags.number(kTileLength, 0), tags.number(kTileWidth, 0)};
  } else {
    layout.block = {std::min<int64_t>(tags.number(kRowsPerStrip, UINT32_MAX), layout.size.height),
                    layout.size.width};
  }
  layout.offsets = tags.numbers(layout.is_tiled ? kTileOffsets : kStripOffsets);
  layout.byte_counts = tags.numbers(layout.is_tiled ? kTileByteCounts : kStripByteCounts);
  return layout;
}

/// Differences from the left neighbour become the samples themselves.
template <typename Sample>
void add_up_rows(Sample* samples, int64_t rows, int64_t columns, int64_t bands) {
  for (int64_t y = 0; y < rows; ++y, samples += columns * bands) {
    for (int64_t i = bands; i < columns * bands; ++i) {
      samples[i] = static_cast<Sample>(samples[i] + samples[i - bands]);
    }
  }
}

/// Bytes of the file to samples in native order.
void read_samples(std::vector<uint8_t>* block, const TiffLayout& layout, int64_t rows) {
  const int64_t columns = layout.block.width, bands = layout.block_bands();
  if (layout.sample_bytes == 1) {
    if (layout.holds_differences) add_up_rows(block->data(), rows, columns, bands);
    return;
  }
  auto* samples = reinterpret_cast<uint16_t*>(block->data());
  for (size_t i = 0; i < block->size(); i += 2) {
    const uint8_t low = (*block)[layout.is_little_endian ? i : i + 1];
    const uint8_t high = (*block)[layout.is_little_endian ? i + 1 : i];
    samples[i / 2] = static_cast<uint16_t>(low | high << 8);
  }
  if (layout.holds_differences) add_up_rows(samples, rows, columns, bands);
}

/// Puts a block at its place in the picture, without what sticks out; `plane` is the band of blocks
/// that hold one each.
void place_block(const std::vector<uint8_t>& block, const TiffLayout& layout, Box box,
                 int64_t plane, Image* image) {
  const int64_t bytes = layout.sample_bytes, bands = layout.block_bands();
  for (int64_t y = 0; y < box.height; ++y) {
    const uint8_t* from = block.data() + y * layout.block.width * bands * bytes;
    uint8_t* to = image->bytes.data() + (box.top + y) * image->row_bytes() +
                  (box.left * layout.bands + plane) * bytes;
    if (!layout.bands_apart) {
      std::memcpy(to, from, static_cast<size_t>(box.width * bands * bytes));
      continue;
    }
    for (int64_t x = 0; x < box.width; ++x, from += bytes, to += layout.bands * bytes) {
      std::memcpy(to, from, static_cast<size_t>(bytes));
    }
  }
}

Image read_blocks(const std::string& bytes, const TiffLayout& layout, const std::string& name) {
  Image image;
  image.height = layout.size.height;
  image.width = layout.size.width;
  image.channels = layout.bands;
  image.bit_depth = static_cast<int>(8 * layout.sample_bytes);
  image.bytes.resize(static_cast<size_t>(image.height * image.row_bytes()));
  size_t next = 0;
  for (int64_t plane = 0; plane < layout.planes(); ++plane) {
    for (int64_t top = 0; top < layout.size.height; top += layout.block.height) {
      for (int64_t left = 0; left < layout.size.width; left += layout.block.width, ++next) {
        const size_t offset = layout.offsets[next], count = layout.byte_counts[next];
        if (offset > bytes.size() || count > bytes.size() - offset) {
          damaged("the TIFF data end early", name);
        }
        const int64_t rows = layout.rows_at(top);
        const int64_t expected =
            rows * layout.block.width * layout.block_bands() * layout.sample_bytes;
        std::vector<uint8_t> block =
            unpack_tiff(layout.compression, reinterpret_cast<const uint8_t*>(bytes.data()) + offset,
                        count, static_cast<size_t>(expected), name);
        read_samples(&block, layout, rows);
        const Box box{top, left, std::min(rows, layout.size.height - top),
                      std::min(layout.block.width, layout.size.width - left)};
        place_block(block, layout, box, plane, &image);
      }
    }
  }
  return image;
}

/// Pillow takes the high byte of each colour, whatever the table looks like.
Image look_up_colors(const Image& indices, const std::vector<uint32_t>& colors) {
  Image image = indices;
  image.channels = 3;
  image.bytes.clear();
  for (const uint8_t index : indices.bytes) {
    for (size_t c = 0; c < 3; ++c) {
      image.bytes.push_back(static_cast<uint8_t>(colors[256 * c + index] >> 8));
    }
  }
  return image;
}

}  // namespace

std::optional<Image> decode_tiff(const std::string& bytes, const std::string& name) {
  const TiffDirectory tags(bytes, name);
  const std::optional<TiffLayout> layout = read_layout(tags, name);
  if (!layout) return std::nullopt;
  check_blocks(*layout, static_cast<int64_t>(bytes.size()), name);
  Image image = read_blocks(bytes, *layout, name);
  if (tags.number(kPhotometric, kBlackIsZero) == kPalette) {
    return look_up_colors(image, tags.numbers(kColorMap));
  }
  return image;
}

}  // namespace mae
