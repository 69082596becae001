// Recognises what an operand is, by content before name, and opens it.
#include <algorithm>
#include <filesystem>
#include <set>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/media/image_header.h"
#include "mae/media/video_reader.h"
#include "mae/sources/clip_source.h"
#include "mae/sources/combined_source.h"
#include "mae/sources/file_source.h"
#include "mae/sources/gzip_file.h"
#include "mae/sources/idx_source.h"
#include "mae/sources/image_source.h"
#include "mae/sources/tar_archive.h"
#include "mae/sources/tar_source.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

using SourcePtr = std::unique_ptr<ImageSource>;

std::string ending_of(const std::string& path) {
  std::string ending = fs::path(path).extension().string();
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return ending;
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Operands that are pictures themselves; many of them in a row become one source.
bool is_picture(const std::string& path) {
  if (!exists(path) || is_directory(path)) return false;
  constexpr int64_t kSniffBytes = 64;
  return has_image_ending(path) ||
         sniff_image_format(read_beginning(path, kSniffBytes)).has_value();
}

SourcePtr open_pictures(const std::vector<std::string>& paths) {
  std::set<std::string> short_names;
  for (const std::string& path : paths) short_names.insert(fs::path(path).filename().string());
  const bool short_is_unique = short_names.size() == paths.size();
  std::vector<FileEntry> entries;
  for (const std::string& path : paths) {
    entries.push_back({path, short_is_unique ? fs::path(path).filename().string() : path, "", ""});
  }
  const std::string operand =
      paths.size() == 1 ? paths[0] : std::to_string(paths.size()) + " pictures";
  return make_file_source(operand, std::move(entries), LabelText::kAlwaysNames);
}

SourcePtr open_folder(const std::string& path) {
  std::vector<FileEntry> entries = list_folder(path);
  if (entries.empty()) {
    throw DataError("no pictures are in this folder", path,
                    "pictures end in .jpg, .png, .webp, .bmp, .tif, .ppm and the like");
  }
  return make_file_source(path, std::move(entries), LabelText::kAlwaysNames);
}

/// FILE.tar/FOLDER: the archive that a path leads through.
SourcePtr open_inside_tar(const std::string& operand) {
  for (size_t slash = operand.rfind('/'); slash != std::string::npos && slash > 0;
       slash = operand.rfind('/', slash - 1)) {
    const std::string path = operand.substr(0, slash);
    if (!exists(path)) continue;
    if (is_directory(path)) break;
    std::string folder = operand.substr(slash + 1);
    while (!folder.empty() && folder.back() == '/') folder.pop_back();
    return open_tar_source(operand, path, folder);
  }
  throw DataError("no such file or folder", operand);
}

[[noreturn]] void refuse(const std::string& path, const std::string& first_bytes) {
  const std::string ending = ending_of(path);
  const bool tar = path.find(".tar.") != std::string::npos || ending == ".tgz";
  if (is_gzip(first_bytes)) {
    throw DataError(tar ? "compressed archives are not read" : "gzip data that are no IDX file",
                    path, "unpack it first: gunzip -k " + printable(path));
  }
  const std::string format = unsupported_format_name(first_bytes);
  if (format == "Zstandard data") {
    throw DataError("compressed archives are not read", path,
                    "unpack it first: zstd -d " + printable(path));
  }
  if (format == "HDF5") {
    throw DataError("an HDF5 file is not a source of pictures", path,
                    "patch shards are what mae-patchify makes; give them to the other tools");
  }
  throw DataError(
      (format.empty() ? "this kind of file" : format) + " is not a source of pictures", path,
      "expected a folder, a picture, a .txt list, a .csv or .tsv table, a .tar or IDX images");
}

/// Videos instead of pictures.
SourcePtr open_clips(const std::string& path, const SourceOptions& options) {
  const auto source = [&](std::vector<FileEntry> entries, LabelText kind) {
    return make_clip_source(path, std::move(entries), kind, *options.clips);
  };
  if (is_directory(path)) {
    std::vector<FileEntry> entries = list_clip_folder(path);
    if (entries.empty()) {
      throw DataError("neither videos nor folders of frames are in this folder", path,
                      "videos end in .mp4, .avi, .mkv, .webm, .gif and the like");
    }
    return source(std::move(entries), LabelText::kAlwaysNames);
  }
  if (!exists(path)) throw DataError("no such file or folder", path);
  const std::string ending = ending_of(path);
  if (ending == ".csv" || ending == ".tsv")
    return source(read_table_file(path, options.allow_outside), LabelText::kNumbersWhereAllAre);
  if (ending == ".txt" || ending == ".lst" || ending == ".list")
    return source(read_list_file(path, options.allow_outside), LabelText::kAlwaysNames);
  if (!has_video_ending(path) && (has_image_ending(path) || ending == ".tar")) {
    throw DataError("is not a source of videos", path,
                    "expected video files, folders of them or of frames, a .txt list, a .csv or "
                    ".tsv table");
  }
  return source({{path, fs::path(path).filename().string(), "", ""}}, LabelText::kAlwaysNames);
}

/// Nothing for a labels file that comes along with its images, as in t10k-*.
SourcePtr open_idx(const std::string& path, IdxKind kind, bool alone) {
  if (kind == IdxKind::kImages) return open_idx_source(path);
  if (!alone) {
    log_debug(printable(path) + ": a labels file; it is read with its images");
    return nullptr;
  }
  throw DataError("it holds labels, not pictures", path,
                  "give the images file; the labels are found beside it");
}

SourcePtr open_file(const std::string& path, const SourceOptions& options, bool alone) {
  constexpr int64_t kSniffBytes = 512;
  const std::string stored = stored_beginning(path, kSniffBytes);
  const IdxKind kind = idx_kind(read_beginning(path, 4));
  if (kind != IdxKind::kNotIdx) return open_idx(path, kind, alone);
  const std::string ending = ending_of(path);
  if (ending == ".csv" || ending == ".tsv") {
    return make_file_source(path, read_table_file(path, options.allow_outside),
                            LabelText::kNumbersWhereAllAre);
  }
  if (ending == ".txt" || ending == ".lst" || ending == ".list") {
    return make_file_source(path, read_list_file(path, options.allow_outside),
                            LabelText::kAlwaysNames);
  }
  if (looks_like_tar(stored) || ending == ".tar") return open_tar_source(path, path, "");
  refuse(path, stored);
}

SourcePtr open_operand(const std::string& operand, const SourceOptions& options, bool alone) {
  if (operand == "-") {
    throw UsageError("pictures are not read from standard input", operand,
                     "name files on it with --files-from -");
  }
  if (options.clips) return open_clips(operand, options);
  if (is_directory(operand)) return open_folder(operand);
  return exists(operand) ? open_file(operand, options, alone) : open_inside_tar(operand);
}

}  // namespace

SourcePtr open_image_source(const std::vector<std::string>& operands,
                            const SourceOptions& options) {
  std::vector<SourcePtr> sources;
  std::set<std::string> seen;
  for (size_t i = 0; i < operands.size();) {
    std::vector<std::string> pictures;
    for (; !options.clips && i < operands.size() && is_picture(operands[i]); ++i)
      pictures.push_back(operands[i]);
    if (!pictures.empty()) {
      sources.push_back(open_pictures(pictures));
      continue;
    }
    if (!seen.insert(operands[i]).second) {
      throw UsageError("the input is given twice", operands[i]);
    }
    SourcePtr source = open_operand(operands[i], options, /*alone=*/operands.size() == 1);
    if (source) sources.push_back(std::move(source));
    ++i;
  }
  if (sources.empty()) throw UsageError("no input holds pictures");
  return combine_sources(std::move(sources), options);
}

void parse_range(const std::string& text, SourceOptions* options) {
  const auto fail = [&] {
    throw UsageError("cannot read the range " + printable(text) + "; expected FIRST:LAST",
                     "--range", "0:8000 keeps the first 8000 samples, 8000: all others");
  };
  const auto number = [&](const std::string& digits) {
    constexpr size_t kMaxDigits = 18;
    if (digits.size() > kMaxDigits || digits.find_first_not_of("0123456789") != std::string::npos)
      fail();
    return static_cast<int64_t>(std::stoll(digits));
  };
  const size_t colon = text.find(':');
  if (colon == std::string::npos) fail();
  const std::string first = text.substr(0, colon), last = text.substr(colon + 1);
  options->first = first.empty() ? 0 : number(first);
  options->last = last.empty() ? -1 : number(last);
  if (options->last >= 0 && options->last <= options->first) fail();
}

}  // namespace mae
