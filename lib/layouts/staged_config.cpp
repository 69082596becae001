// Lists of one entry a stage, read off the first block of each.
#include "mae/layouts/staged_config.h"

#include <algorithm>
#include <cmath>

#include "mae/base/error.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr int64_t kUnitCells = 4;        // UM-MAE's units are 4 x 4 cells of the first stage
constexpr int64_t kPvtHeadDim = 64;      // of every published PVT
constexpr int64_t kSwinWindow = 8;       // of the closed-up grid
constexpr int64_t kPublishedSide = 256;  // pixels of UM-MAE's pictures
constexpr double kVisMaskRatio = 0.25;

class StagedInference {
 public:
  StagedInference(const std::map<std::string, TensorInfo>& tensors, const OpenedWeights& weights,
                  const ImportHints& hints, std::string where)
      : tensors_(tensors), weights_(weights), hints_(hints), where_(std::move(where)) {
    if (weights.rest.is_object()) arguments_ = weights.rest.value("args", json());
  }

  std::optional<InferredConfig> run() {
    const json own = own_config();
    if (own.is_object()) {
      result_.config = own;
    } else if (has("layers.0.blocks.0.attn.relative_position_bias_table")) {
      take_mixmim();
    } else if (has("blocks.0.attn.sr.weight")) {
      take_pvt();
    } else if (has("blocks.0.attn.posmlp.0.weight")) {
      take_swin();
    } else {
      return std::nullopt;
    }
    result_.preprocessing = infer_preprocessing(weights_, hints_, result_.config, where_);
    return std::move(result_);
  }

 private:
  /// One stage's blocks, counted from 0 over all of them.
  struct Stage {
    std::string first;  // "blocks.7."
    int64_t depth = 0, width = 0;
  };

  bool has(const std::string& name) const { return tensors_.count(name) > 0; }
  bool is_classifier() const { return has("head.weight"); }
  json own_config() const;
  const std::vector<int64_t>& shape(const std::string& name, size_t rank) const;
  std::vector<Stage> flat_stages() const;
  double mlp_ratio(const std::string& block, int64_t width) const;
  void take_patch();
  void take_picture(const char* table, int64_t pitch);
  void take_decoder(const char* width_field);
  void take_head(const char* model, const char* classifier);
  void take_um_mae();
  void take_mixmim();
  void take_pvt();
  void take_swin();

  const std::map<std::string, TensorInfo>& tensors_;
  const OpenedWeights& weights_;
  const ImportHints& hints_;
  std::string where_;
  json arguments_;
  InferredConfig result_;
};

// What mae-convert wrote into a file of the official layout, when it is of another model than MAE.
json StagedInference::own_config() const {
  if (!weights_.rest.is_object()) return nullptr;
  const json text = weights_.rest.value("mae.config", json());
  if (!text.is_string()) return nullptr;
  json config = json::parse(text.get<std::string>(), nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) throw DataError("holds a damaged configuration", where_);
  const json model = config.value("model", json());
  const bool is_staged = model.is_string() && model != "mae" && model != "vit_classifier";
  return is_staged && config.contains("img_size") && config.contains("in_chans") ? config : json();
}

const std::vector<int64_t>& StagedInference::shape(const std::string& name, size_t rank) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    throw DataError("lacks tensor " + name + ", which every such model has", where_);
  const std::vector<int64_t>& dims = found->second.shape;
  bool fits = dims.size() == rank;
  for (const int64_t dim : dims) fits = fits && dim > 0 && dim < (int64_t{1} << 24);
  if (!fits)
    throw DataError("tensor has shape " + shape_text(dims) + "; expected " + std::to_string(rank) +
                        " dimensions",
                    where_ + ":" + name);
  return dims;
}

// A stage begins where a block downsamples.
std::vector<StagedInference::Stage> StagedInference::flat_stages() const {
  std::vector<Stage> stages;
  for (int64_t i = 0; has("blocks." + std::to_string(i) + ".norm1.weight"); ++i) {
    const std::string block = "blocks." + std::to_string(i) + ".";
    if (i == 0 || has(block + "downsample.proj.weight"))
      stages.push_back({block, 0, shape(block + "norm1.weight", 1)[0]});
    ++stages.back().depth;
  }
  return stages;
}

double StagedInference::mlp_ratio(const std::string& block, int64_t width) const {
  const int64_t hidden = shape(block + "mlp.fc1.weight", 2)[0];
  const double ratio = static_cast<double>(hidden) / static_cast<double>(width);
  // The width comes back by multiplying and cutting off.
  return static_cast<int64_t>(static_cast<double>(width) * ratio) < hidden
             ? std::nextafter(ratio, 2 * ratio)
             : ratio;
}

void StagedInference::take_patch() {
  const std::vector<int64_t>& patch = shape("patch_embed.proj.weight", 4);
  result_.config["in_chans"] = patch[1];
  result_.config["patch_size"] = {patch[2], patch[3]};
}

// From a table of positions `pitch` patches apart; without one, what the user or the paper says.
void StagedInference::take_picture(const char* table, int64_t pitch) {
  json& config = result_.config;
  const int64_t ph = config["patch_size"][0], pw = config["patch_size"][1];
  Size2d size = hints_.image_size;
  if (has(table)) {
    const int64_t L = shape(table, 3)[1];
    const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(L))));
    if (size.area() <= 0 && side * side == L) size = {side * pitch * ph, side * pitch * pw};
    if (size.area() <= 0)
      throw UsageError("the grid of " + std::to_string(L) + " patches is not square; say which",
                       where_, "give --image-size HxW");
    if ((size.height / ph / pitch) * (size.width / pw / pitch) != L)
      throw DataError("the position table is for " + std::to_string(L) + " patches; a picture of " +
                          size_text(size) + " has others",
                      where_, "give the --image-size the model was trained at");
  } else if (size.area() <= 0) {
    size = {kPublishedSide, kPublishedSide};
    result_.notes.push_back("img_size is taken as " + size_text(size) + ", the paper's");
  }
  config["img_size"] = {size.height, size.width};
}

void StagedInference::take_decoder(const char* width_field) {
  json& config = result_.config;
  config[width_field] = 0;
  if (!has("decoder_embed.weight")) return;
  const int64_t width = shape("decoder_norm.weight", 1)[0];
  int64_t depth = 0;
  while (has("decoder_blocks." + std::to_string(depth) + ".norm1.weight")) ++depth;
  config[width_field] = width;
  config["decoder_depth"] = depth;
  if (hints_.decoder_num_heads > 0) {
    config["decoder_num_heads"] = hints_.decoder_num_heads;
  } else if (width == 512) {
    config["decoder_num_heads"] = 16;
    result_.notes.emplace_back(
        "decoder_num_heads is taken as 16, which published decoders of this width have");
  } else {
    throw UsageError("the file does not say how many heads a width of " + std::to_string(width) +
                         " is divided into",
                     where_, "give --decoder-num-heads to mae-convert");
  }
  std::optional<bool> normalised = hints_.norm_pix_loss;
  const json said = arguments_.is_object() ? arguments_.value("norm_pix_loss", json()) : json();
  if (!normalised && said.is_boolean()) normalised = said.get<bool>();
  if (!normalised)
    result_.assumptions.emplace_back(
        "norm_pix_loss is not recorded in the file and taken as true, as in the published recipe; "
        "--no-norm-pix-loss says that the decoder predicts plain pixels");
  config["norm_pix_loss"] = normalised.value_or(true);
}

void StagedInference::take_head(const char* model, const char* classifier) {
  json& config = result_.config;
  config["model"] = is_classifier() ? classifier : model;
  if (!is_classifier()) return;
  config["num_classes"] = shape("head.weight", 2)[0];
  const json said = arguments_.is_object() ? arguments_.value("drop_path", json()) : json();
  config["drop_path_rate"] = said.is_number() ? said.get<double>() : 0.1;
}

void StagedInference::take_mixmim() {
  json& config = result_.config;
  take_patch();
  const int64_t width = shape("patch_embed.proj.weight", 4)[0];
  config["embed_dim"] = width;
  config["mlp_ratio"] = mlp_ratio("layers.0.blocks.0.", width);
  int64_t stage = 0;
  for (; has("layers." + std::to_string(stage) + ".blocks.0.norm1.weight"); ++stage) {
    const std::string blocks = "layers." + std::to_string(stage) + ".blocks.";
    int64_t depth = 0;
    while (has(blocks + std::to_string(depth) + ".norm1.weight")) ++depth;
    const auto& table = shape(blocks + "0.attn.relative_position_bias_table", 2);
    const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(table[0]))));
    if (side * side != table[0] || side % 2 == 0)
      throw DataError(
          "a table of " + std::to_string(table[0]) + " relative positions is of no square window",
          where_ + ":" + blocks + "0.attn.relative_position_bias_table");
    config["depths"].push_back(depth);
    config["num_heads"].push_back(table[1]);
    config["window_size"].push_back((side + 1) / 2);
  }
  take_picture("absolute_pos_embed", 1);
  take_head("mixmim", "mixmim_classifier");
  if (is_classifier() || stage > 8) return;  // more stages are refused by the model
  const int64_t joined = int64_t{1} << (stage - 1);
  config["encoder_stride"] = {config["patch_size"][0].get<int64_t>() * joined,
                              config["patch_size"][1].get<int64_t>() * joined};
  take_decoder("decoder_dim");
}

void StagedInference::take_um_mae() {
  json& config = result_.config;
  config["stride"] = {config["patch_size"][0].get<int64_t>() * kUnitCells,
                      config["patch_size"][1].get<int64_t>() * kUnitCells};
  config["vis_mask_ratio"] = 0.0;
  if (has("vis_mask_token")) {
    const json said = arguments_.is_object() ? arguments_.value("vis_mask_ratio", json()) : json();
    config["vis_mask_ratio"] = said.is_number() ? said.get<double>() : kVisMaskRatio;
  }
  take_decoder("decoder_embed_dim");
}

void StagedInference::take_pvt() {
  json& config = result_.config;
  take_patch();
  const std::vector<Stage> stages = flat_stages();
  for (const Stage& stage : stages) {
    if (stage.width % kPvtHeadDim != 0)
      throw DataError("the file does not say how many heads a width of " +
                          std::to_string(stage.width) + " is divided into",
                      where_, "only published PVTs, of heads of 64, can be read");
    config["embed_dims"].push_back(stage.width);
    config["depths"].push_back(stage.depth);
    config["num_heads"].push_back(stage.width / kPvtHeadDim);
    config["mlp_ratios"].push_back(mlp_ratio(stage.first, stage.width));
    // 4, 2, 1, 1 on the closed-up grid and 8, 4, 2, 1 on whole pictures.
    const size_t left = stages.size() - config["depths"].size();
    const int64_t whole = int64_t{1} << std::min<size_t>(left, 8);
    config["sr_ratios"].push_back(is_classifier() ? whole : std::max<int64_t>(whole / 2, 1));
  }
  result_.notes.emplace_back("heads of 64 and the pooling of keys are taken from the paper");
  take_picture("pos_embed", 1);
  take_head("um_mae_pvt", "pvt_classifier");
  if (is_classifier()) return;
  take_um_mae();
  if (has("decoder_blocks.0.norm1.weight"))
    config["decoder_mlp_ratio"] = mlp_ratio("decoder_blocks.0.", config["decoder_embed_dim"]);
}

void StagedInference::take_swin() {
  json& config = result_.config;
  take_patch();
  const std::vector<Stage> stages = flat_stages();
  for (const Stage& stage : stages) {
    config["depths"].push_back(stage.depth);
    config["num_heads"].push_back(shape(stage.first + "attn.posmlp.2.weight", 4)[0]);
  }
  config["embed_dim"] = stages.front().width;
  config["mlp_ratio"] = mlp_ratio(stages.front().first, stages.front().width);
  config["posmlp_dim"] = shape("blocks.0.attn.posmlp.0.weight", 4)[0];
  config["window_size"] = is_classifier() ? 2 * kSwinWindow : kSwinWindow;
  result_.notes.push_back("window_size is taken as " + config["window_size"].dump() +
                          ", the paper's");
  take_picture("decoder_pos_embed", kUnitCells);
  take_head("um_mae_swin", "swin_classifier");
  if (!is_classifier()) take_um_mae();
}

}  // namespace

std::optional<InferredConfig> infer_staged_config(const std::map<std::string, TensorInfo>& tensors,
                                                  const OpenedWeights& weights,
                                                  const ImportHints& hints,
                                                  const std::string& where) {
  return StagedInference(tensors, weights, hints, where).run();
}

}  // namespace mae
