// Every size is bounded before it is multiplied, since the file may be a stranger's.
#include "mae/layouts/staged_reader.h"

#include <cmath>
#include <utility>

#include "mae/base/error.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr int64_t kPublishedSide = 256;  // pixels of the pictures of models without a table

}  // namespace

StagedReader::StagedReader(const std::map<std::string, TensorInfo>& tensors,
                           const OpenedWeights& weights, const ImportHints& hints,
                           std::string where)
    : tensors_(tensors), hints_(hints), where_(std::move(where)), hugging_face_(weights.config) {
  if (weights.rest.is_object()) arguments_ = weights.rest.value("args", json());
}

size_t StagedReader::rank(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? 0 : found->second.shape.size();
}

const std::vector<int64_t>& StagedReader::shape(const std::string& name, size_t rank) const {
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

int64_t StagedReader::count_blocks(const std::string& prefix, const std::string& leaf) const {
  int64_t count = 0;
  while (has(prefix + std::to_string(count) + "." + leaf)) ++count;
  return count;
}

double StagedReader::mlp_ratio(const std::string& block, int64_t width, size_t rank) const {
  const int64_t hidden = shape(block + "mlp.fc1.weight", rank)[0];
  const double ratio = static_cast<double>(hidden) / static_cast<double>(width);
  // The width comes back by multiplying and cutting off.
  return static_cast<int64_t>(static_cast<double>(width) * ratio) < hidden
             ? std::nextafter(ratio, 2 * ratio)
             : ratio;
}

int64_t StagedReader::window_side(const std::string& table) const {
  const int64_t positions = shape(table, 2)[0];
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(positions))));
  if (side * side != positions || side % 2 == 0)
    refuse("a table of " + std::to_string(positions) + " relative positions is of no square window",
           table);
  return (side + 1) / 2;
}

int64_t StagedReader::num_heads(int64_t width, int64_t head_dim) {
  if (hints_.num_heads > 0) return hints_.num_heads;
  if (width % head_dim != 0) ask_for_heads(width, "--num-heads");
  result.notes.push_back("heads of " + std::to_string(head_dim) + " are taken from the paper");
  return width / head_dim;
}

json StagedReader::argument(const char* name) const {
  return arguments_.is_object() ? arguments_.value(name, json()) : json();
}

void StagedReader::take_patch(const std::string& embedding, int64_t joined) {
  const std::vector<int64_t>& kernel = shape(embedding, 4);
  result.config["in_chans"] = kernel[1];
  result.config["patch_size"] = {kernel[2] * joined, kernel[3] * joined};
}

void StagedReader::take_picture(const char* table, int64_t pitch) {
  json& config = result.config;
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
    result.notes.push_back("img_size is taken as " + size_text(size) + ", the paper's");
  }
  config["img_size"] = {size.height, size.width};
}

void StagedReader::take_decoder(const char* width_field) {
  json& config = result.config;
  config[width_field] = 0;
  if (!has("decoder_embed.weight")) return;
  const int64_t width = shape("decoder_norm.weight", 1)[0];
  config[width_field] = width;
  config["decoder_depth"] = count_blocks("decoder_blocks.", "norm1.weight");
  if (hints_.decoder_num_heads > 0) {
    config["decoder_num_heads"] = hints_.decoder_num_heads;
  } else if (width == 512) {
    config["decoder_num_heads"] = 16;
    result.notes.emplace_back(
        "decoder_num_heads is taken as 16, which published decoders of this width have");
  } else {
    ask_for_heads(width, "--decoder-num-heads");
  }
}

void StagedReader::take_norm_pix_loss() {
  if (!has("decoder_embed.weight")) return;
  std::optional<bool> normalised = said_norm_pix_loss();
  const json said = argument("norm_pix_loss");
  if (!normalised && said.is_boolean()) normalised = said.get<bool>();
  if (!normalised)
    result.assumptions.emplace_back(
        "norm_pix_loss is not recorded in the file and taken as true, as in the published recipe; "
        "--no-norm-pix-loss says that the decoder predicts plain pixels");
  result.config["norm_pix_loss"] = normalised.value_or(true);
}

void StagedReader::take_head(const char* model, const char* classifier) {
  json& config = result.config;
  config["model"] = is_classifier() ? classifier : model;
  if (!is_classifier()) return;
  config["num_classes"] = shape("head.weight", 2)[0];
  const json said = argument("drop_path");
  config["drop_path_rate"] = said.is_number() ? said.get<double>() : 0.1;
}

void StagedReader::refuse(const std::string& what, const std::string& tensor) const {
  throw DataError(what, where_ + ":" + tensor);
}

void StagedReader::ask_for_heads(int64_t width, const char* option) const {
  throw UsageError("the file does not say how many heads a width of " + std::to_string(width) +
                       " is divided into",
                   where_, std::string("give ") + option + " to mae-convert");
}

}  // namespace mae
