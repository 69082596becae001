// One pass over each shard: draw masks by sample name, copy what travels along.
#include "mae/jobs/mask_job.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "mae/base/error.h"
#include "mae/base/interrupt.h"
#include "mae/base/log.h"
#include "mae/base/random_stream.h"
#include "mae/io/shard_set.h"
#include "mae/io/shard_writer.h"
#include "mae/jobs/region_mask.h"
#include "mae/jobs/shard_copy.h"
#include "mae/masking/mask_strategy.h"

namespace mae {
namespace {

namespace fs = std::filesystem;

/// One input and the file made from it.
struct Piece {
  std::string input, output;
};

void check_strategy(const MaskJob& job);
std::vector<Piece> plan_pieces(const MaskJob& job);
void check_pieces(const std::vector<Piece>& pieces, bool with_patches);
MaskGrid patch_grid(const ShardReader& shard);
std::vector<uint8_t> chosen_region(const MaskJob& job, Size2d grid);
std::vector<uint8_t> draw_masks(const MaskJob& job, const ShardReader& shard, const MaskGrid& grid);
bool write_piece(const MaskJob& job, const Piece& piece, bool with_patches, MaskReport* report);
DatasetSpec mask_spec(const MaskJob& job, const ShardReader& shard, const MaskGrid& grid,
                      const std::vector<uint8_t>& masks);

}  // namespace

MaskReport run_mask_job(const MaskJob& job, Progress& progress) {
  const std::vector<Piece> pieces = plan_pieces(job);
  const bool streams =
      job.output.path == "-" ||
      std::any_of(pieces.begin(), pieces.end(), [](const Piece& p) { return p.input == "-"; });
  const bool with_patches = job.with_patches.value_or(streams);
  check_pieces(pieces, with_patches);
  MaskReport report;
  progress.begin("mask", static_cast<int64_t>(pieces.size()), "shards");
  for (const Piece& piece : pieces) {
    check_interrupt();
    if (write_piece(job, piece, with_patches, &report)) ++report.files;
    progress.update(report.files);
  }
  progress.end();
  return report;
}

namespace {

void check_strategy(const MaskJob& job) {
  const bool has_region = !job.from_image.empty() || !job.from_list.empty();
  if (!job.from_image.empty() && !job.from_list.empty()) {
    throw UsageError("a region comes from a picture or from a list, not both",
                     "--from-image, --from-list");
  }
  if (has_region && job.strategy != "file") {
    throw UsageError("'" + job.strategy + "' draws masks, but a region is given", "--strategy",
                     "leave --strategy out, or the region");
  }
  if (!has_region && job.strategy == "file") {
    throw UsageError("'file' needs a region", "--strategy",
                     "add --from-image MASK.png or --from-list FILE");
  }
  if (job.strategy != "file") parse_mask_strategy(job.strategy);
}

std::vector<Piece> plan_pieces(const MaskJob& job) {
  check_strategy(job);
  const std::vector<std::string> inputs = expand_shards(job.inputs);
  const std::string& out = job.output.path;
  std::error_code ignored;
  const bool into_folder =
      out != "-" && !out.empty() && (fs::is_directory(out, ignored) || out.back() == '/');
  if (inputs.size() == 1 && !into_folder) return {{inputs.front(), out}};
  if (out == "-") {
    throw UsageError(std::to_string(inputs.size()) + " shards do not fit in one stream", "-o",
                     "give a folder, one mask file is written for each shard");
  }
  std::vector<Piece> pieces;
  std::set<std::string> names;
  for (const std::string& input : inputs) {
    const std::string name = input == "-" ? "mask.h5" : fs::path(input).filename().string();
    if (!names.insert(name).second) {
      throw UsageError("two inputs are called " + name, out, "mask them into different folders");
    }
    pieces.push_back({input, (fs::path(out) / name).string()});
  }
  return pieces;
}

void check_pieces(const std::vector<Piece>& pieces, bool with_patches) {
  for (const Piece& piece : pieces) {
    if (with_patches || piece.input == "-" || !is_same_path(piece.input, piece.output)) continue;
    throw UsageError("the mask would replace the patches it belongs to", piece.output,
                     "choose another output, or --with-patches");
  }
}

/// Time slots of clips; 1 for pictures, 0 for attributes that make no sense.
int64_t slots_of(const DatasetInfo& patches) {
  if (!patches.attributes.contains("tubelet_size")) return 1;
  const nlohmann::json frames = patches.attributes.value("frames", nlohmann::json());
  const nlohmann::json& tubelet = patches.attributes["tubelet_size"];
  if (!frames.is_number_integer() || !tubelet.is_number_integer() || frames <= 0 || tubelet <= 0)
    return 0;
  const auto t = tubelet.get<int64_t>(), count = frames.get<int64_t>();
  return count % t == 0 ? count / t : 0;
}

MaskGrid patch_grid(const ShardReader& shard) {
  const DatasetInfo& patches = shard.info("patches");
  const std::string where = shard.path() + ":/patches";
  const auto grid = patches.attributes.find("grid");
  if (grid == patches.attributes.end() || !grid->is_array() || grid->size() != 2 ||
      !(*grid)[0].is_number_integer() || !(*grid)[1].is_number_integer()) {
    throw DataError("the attribute 'grid' is missing or not two numbers", where,
                    "re-run mae-patchify");
  }
  const Size2d size{(*grid)[0].get<int64_t>(), (*grid)[1].get<int64_t>()};
  const int64_t slots = slots_of(patches);
  const bool fits = patches.shape.size() == 3 && size.height > 0 && size.width > 0 && slots > 0 &&
                    patches.shape[1] % slots == 0 && size.area() == patches.shape[1] / slots;
  if (!fits) {
    throw DataError("a grid of " + size_text(size) +
                        (slots > 1 ? " in " + std::to_string(slots) + " time slots" : "") +
                        " does not fit patches of shape " + shape_text(patches.shape),
                    where, "re-run mae-patchify");
  }
  return {size, slots};
}

std::vector<uint8_t> chosen_region(const MaskJob& job, Size2d grid) {
  return job.from_image.empty() ? region_from_list(job.from_list, grid)
                                : region_from_image(job.from_image, grid);
}

/// [N * L], 1 = hidden.
std::vector<uint8_t> draw_masks(const MaskJob& job, const ShardReader& shard,
                                const MaskGrid& grid) {
  const std::vector<std::string> names = shard.read_text("names");
  std::vector<uint8_t> masks;
  masks.reserve(names.size() * static_cast<size_t>(grid.tokens()));
  if (job.strategy == "file") {
    const std::vector<uint8_t> region = chosen_region(job, grid.frame);
    // Of clips the region is hidden at all times.
    for (size_t i = 0; i < names.size() * static_cast<size_t>(grid.slots); ++i) {
      masks.insert(masks.end(), region.begin(), region.end());
    }
    return masks;
  }
  const MaskingOptions options{parse_mask_strategy(job.strategy), job.mask_ratio};
  for (const std::string& name : names) {
    RandomStream random(static_cast<uint64_t>(job.seed), "mask", 0, sample_id(name));
    const std::vector<uint8_t> mask = draw_mask(options, grid, random);
    masks.insert(masks.end(), mask.begin(), mask.end());
  }
  return masks;
}

bool write_piece(const MaskJob& job, const Piece& piece, bool with_patches, MaskReport* report) {
  const ShardReader shard(piece.input);
  const MaskGrid grid = patch_grid(shard);
  Provenance provenance = provenance_of({&shard});
  if (!job.from_image.empty()) add_file(provenance, job.from_image);
  if (!job.from_list.empty()) add_file(provenance, job.from_list);
  const std::vector<uint8_t> masks = draw_masks(job, shard, grid);
  report->samples += shard.samples();
  report->patches = grid.tokens();
  if (!masks.empty()) {
    report->visible = std::count(masks.begin(), masks.begin() + grid.tokens(), 0);
  }
  if (job.output.if_changed && is_up_to_date(piece.output, provenance)) return false;
  if (job.output.dry_run) {
    log_info("would write " + piece.output);
    return false;
  }

  ShardCopy copy(shard, with_patches ? everything_but(shard, {"mask"}) : description_of(shard));
  std::vector<DatasetSpec> specs = copy.specs();
  DatasetSpec spec = mask_spec(job, shard, grid, masks);
  if (!with_patches) spec.attributes["patches_digest"] = shard.digest();
  specs.push_back(std::move(spec));
  const std::string folder = fs::path(piece.output).parent_path().string();
  if (piece.output != job.output.path && !folder.empty()) make_directories(folder);
  ShardWriter writer(piece.output, shard.samples(), std::move(specs), job.output.overwrite);
  copy.write_to(writer);
  writer.append("mask", masks.data(), shard.samples());
  writer.commit(provenance);
  return true;
}

DatasetSpec mask_spec(const MaskJob& job, const ShardReader& shard, const MaskGrid& grid,
                      const std::vector<uint8_t>& masks) {
  // A region has no ratio of its own: the share it hides is recorded instead.
  const double hidden = masks.empty()
                            ? 0.0
                            : static_cast<double>(std::count(masks.begin(), masks.end(), 1)) /
                                  static_cast<double>(shard.samples() * grid.tokens());
  DatasetSpec spec;
  spec.name = "mask";
  spec.type = ElementType::kUint8;
  spec.sample_shape = {grid.tokens()};
  spec.dimensions = {"patch"};
  spec.attributes = {{"strategy", job.strategy},
                     {"mask_ratio", job.strategy == "file" ? hidden : job.mask_ratio},
                     {"seed", job.seed},
                     {"grid", {grid.frame.height, grid.frame.width}}};
  if (grid.slots > 1) spec.attributes["slots"] = grid.slots;
  return spec;
}

}  // namespace
}  // namespace mae
