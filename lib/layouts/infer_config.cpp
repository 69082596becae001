// In the order: what this toolkit wrote into the file, config.json, the training arguments of a
// `.pth`, published sizes, the user's options over all of them.
#include "mae/layouts/infer_config.h"

#include <cmath>

#include "mae/base/error.h"

namespace mae {
namespace {

using nlohmann::json;

constexpr double kImageNetMean[] = {0.485, 0.456, 0.406};
constexpr double kImageNetStd[] = {0.229, 0.224, 0.225};
constexpr double kOfficialEps = 1e-6;
constexpr double kHuggingFaceEps = 1e-12;  // when config.json does not say

struct PublishedSize {
  int64_t embed_dim, depth, num_heads;
  const char* name;
};
constexpr PublishedSize kEncoders[] = {{192, 12, 3, "ViT-Ti"},
                                       {384, 12, 6, "ViT-S"},
                                       {768, 12, 12, "ViT-B"},
                                       {1024, 24, 16, "ViT-L"},
                                       {1280, 32, 16, "ViT-H"}};
constexpr PublishedSize kDecoders[] = {{512, 8, 16, "MAE's decoder"}};

// A member when it is there and of the type asked for; DataError when it is of another.
template <typename T>
std::optional<T> field(const json& object, const char* name, const std::string& where) {
  if (!object.is_object() || !object.contains(name) || object[name].is_null()) return {};
  try {
    return object[name].get<T>();
  } catch (const json::exception&) {
    throw DataError(std::string("field ") + name + " is " + printable(object[name].dump()), where,
                    "the configuration beside the tensors is damaged");
  }
}

class Inference {
 public:
  Inference(const std::map<std::string, TensorInfo>& tensors, const OpenedWeights& weights,
            const ImportHints& hints, std::string where)
      : tensors_(tensors), weights_(weights), hints_(hints), where_(std::move(where)) {
    if (weights.config.is_object() && weights.config.contains("model_type"))
      hugging_face_ = weights.config;
    if (weights.config.is_object() && weights.config.contains("architecture"))
      timm_ = weights.config;
    if (weights.rest.is_object()) {
      arguments_ = weights.rest.value("args", json());
      own_ = parse_text(weights.rest.value("mae.config", json()));
      own_preprocessing_ = parse_text(weights.rest.value("mae.preprocessing", json()));
    }
  }

  json preprocessing_of(const json& config) {
    result_.config = config;
    channels_ = config.at("in_chans").get<int64_t>();
    take_preprocessing();
    return std::move(result_.preprocessing);
  }

  InferredConfig run() {
    take_sizes();
    take_image_size();
    take_kind();
    take_heads();
    take_preprocessing();
    return std::move(result_);
  }

 private:
  json parse_text(const json& text) const {
    if (!text.is_string()) return nullptr;
    json value = json::parse(text.get<std::string>(), nullptr, /*allow_exceptions=*/false);
    if (!value.is_object()) throw DataError("holds a damaged configuration", where_);
    return value;
  }
  bool has(const std::string& name) const { return tensors_.count(name) > 0; }
  const std::vector<int64_t>& shape(const std::string& name, size_t rank) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
      throw DataError("lacks tensor " + name + ", which every such model has", where_);
    const std::vector<int64_t>& dims = found->second.shape;
    bool fits = dims.size() == rank;
    for (const int64_t dim : dims) fits = fits && dim > 0;
    if (!fits)
      throw DataError("tensor has shape " + shape_text(dims) + "; expected " +
                          std::to_string(rank) + " dimensions",
                      where_ + ":" + name);
    return dims;
  }
  int64_t count_blocks(const std::string& prefix) const {
    int64_t count = 0;
    while (has(prefix + "." + std::to_string(count) + ".norm1.weight")) ++count;
    return count;
  }

  void take_sizes();
  void take_image_size();
  void take_kind();
  void take_heads();
  void take_preprocessing();
  int64_t heads(const char* option, const char* own_name, const char* hugging_face_name,
                int64_t said, int64_t width, int64_t depth, const PublishedSize* sizes,
                size_t count);
  std::vector<double> statistics(const char* option, const char* hugging_face_name,
                                 const char* timm_name, const std::vector<double>& said,
                                 const double* image_net);

  const std::map<std::string, TensorInfo>& tensors_;
  const OpenedWeights& weights_;
  const ImportHints& hints_;
  std::string where_;
  json hugging_face_, timm_, arguments_, own_, own_preprocessing_;
  InferredConfig result_;
  int64_t embed_dim_ = 0, depth_ = 0, channels_ = 0;
};

void Inference::take_sizes() {
  json& config = result_.config;
  const std::vector<int64_t>& patch = shape("patch_embed.proj.weight", 4);
  embed_dim_ = patch[0];
  channels_ = patch[1];
  depth_ = count_blocks("blocks");
  if (depth_ == 0) throw DataError("holds no encoder block", where_);
  config["patch_size"] = {patch[2], patch[3]};
  config["in_chans"] = channels_;
  config["embed_dim"] = embed_dim_;
  config["depth"] = depth_;
  const int64_t hidden = shape("blocks.0.mlp.fc1.weight", 2)[0];
  double ratio = static_cast<double>(hidden) / static_cast<double>(embed_dim_);
  // The width comes back by multiplying and cutting off, which may fall short of a rounded
  // quotient.
  if (static_cast<int64_t>(static_cast<double>(embed_dim_) * ratio) < hidden)
    ratio = std::nextafter(ratio, 2 * ratio);
  config["mlp_ratio"] = ratio;
  config["qkv_bias"] = has("blocks.0.attn.qkv.bias");
  double eps = kOfficialEps;
  if (own_.is_object()) {
    eps = field<double>(own_, "layer_norm_eps", where_).value_or(eps);
  } else if (hugging_face_.is_object()) {
    eps = field<double>(hugging_face_, "layer_norm_eps", where_).value_or(kHuggingFaceEps);
  }
  config["layer_norm_eps"] = eps;
}

void Inference::take_image_size() {
  json& config = result_.config;
  const int64_t L = shape("pos_embed", 3)[1] - 1;
  const int64_t ph = config["patch_size"][0], pw = config["patch_size"][1];
  Size2d size = hints_.image_size;
  if (size.area() > 0) {
    if ((size.height / ph) * (size.width / pw) != L || size.height % ph != 0 ||
        size.width % pw != 0)
      throw DataError("the position table is for " + std::to_string(L) + " patches; a picture of " +
                          size_text(size) + " has others",
                      where_, "give the --image-size the model was trained at");
  } else {
    const auto fits = [&](int64_t height, int64_t width) {
      return height > 0 && width > 0 && height < (1 << 20) && width < (1 << 20) &&
             height % ph == 0 && width % pw == 0 && (height / ph) * (width / pw) == L;
    };
    const auto try_json = [&](const json& value) {
      if (value.is_number_integer() && fits(value, value)) size = {value, value};
      if (value.is_array() && value.size() == 2 && value[0].is_number_integer() &&
          value[1].is_number_integer() && fits(value[0], value[1]))
        size = {value[0], value[1]};
    };
    const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(L))));
    if (side * side == L) size = {side * ph, side * pw};
    if (arguments_.is_object()) try_json(arguments_.value("input_size", json()));
    if (hugging_face_.is_object()) try_json(hugging_face_.value("image_size", json()));
    if (own_.is_object()) try_json(own_.value("img_size", json()));
  }
  if (size.area() <= 0)
    throw UsageError("the grid of " + std::to_string(L) + " patches is not square; say which",
                     where_, "give --image-size HxW");
  config["img_size"] = {size.height, size.width};
}

void Inference::take_kind() {
  json& config = result_.config;
  if (has("head.weight")) {
    config["model"] = "vit_classifier";
    config["num_classes"] = shape("head.weight", 2)[0];
    config["global_pool"] = has("fc_norm.weight");
    config["drop_path_rate"] =
        field<double>(own_, "drop_path_rate", where_)
            .value_or(field<double>(arguments_, "drop_path", where_).value_or(0.1));
    return;
  }
  config["model"] = "mae";
  config["decoder_embed_dim"] = 0;
  config["norm_pix_loss"] = false;
  if (!has("decoder_embed.weight")) {
    config["decoder_depth"] = 0;
    config["decoder_num_heads"] = 1;
    return;
  }
  config["decoder_embed_dim"] = shape("decoder_embed.weight", 2)[0];
  config["decoder_depth"] = count_blocks("decoder_blocks");
  std::optional<bool> normalised = hints_.norm_pix_loss;
  for (const json* said : {&own_, &hugging_face_, &arguments_}) {
    if (!normalised) normalised = field<bool>(*said, "norm_pix_loss", where_);
  }
  if (!normalised)
    result_.assumptions.emplace_back(
        "norm_pix_loss is not recorded in the file and taken as false; --norm-pix-loss says that "
        "the decoder predicts normalised pixels");
  config["norm_pix_loss"] = normalised.value_or(false);
}

void Inference::take_heads() {
  json& config = result_.config;
  config["num_heads"] = heads("--num-heads", "num_heads", "num_attention_heads", hints_.num_heads,
                              embed_dim_, depth_, kEncoders, std::size(kEncoders));
  if (config["model"] != "mae" || config["decoder_embed_dim"] == 0) return;
  config["decoder_num_heads"] =
      heads("--decoder-num-heads", "decoder_num_heads", "decoder_num_attention_heads",
            hints_.decoder_num_heads, config["decoder_embed_dim"], config["decoder_depth"],
            kDecoders, std::size(kDecoders));
}

// Shapes do not show the heads: they are said somewhere, or known of a published size.
int64_t Inference::heads(const char* option, const char* own_name, const char* hugging_face_name,
                         int64_t said, int64_t width, int64_t depth, const PublishedSize* sizes,
                         size_t count) {
  std::optional<int64_t> recorded = field<int64_t>(own_, own_name, where_);
  if (!recorded) recorded = field<int64_t>(hugging_face_, hugging_face_name, where_);
  if (recorded && said > 0 && said != *recorded)
    throw UsageError(
        "the file says " + std::to_string(*recorded) + " heads, not " + std::to_string(said),
        option);
  int64_t number = said > 0 ? said : recorded.value_or(0);
  for (size_t i = 0; number == 0 && i < count; ++i) {
    if (sizes[i].embed_dim != width || sizes[i].depth != depth) continue;
    number = sizes[i].num_heads;
    result_.notes.push_back(std::string(own_name) + " is taken as " + std::to_string(number) +
                            ", which " + sizes[i].name + " of this width and depth has");
  }
  if (number == 0)
    throw UsageError("the file does not say how many heads a width of " + std::to_string(width) +
                         " is divided into",
                     where_, std::string("give ") + option + " to mae-convert");
  if (number < 0 || width % number != 0)
    throw UsageError(
        std::to_string(number) + " heads do not divide a width of " + std::to_string(width),
        said > 0 ? option : where_);
  return number;
}

void Inference::take_preprocessing() {
  json& out = result_.preprocessing;
  out["image_size"] = result_.config["img_size"];
  out["channels"] = channels_;
  out["bit_depth"] = 8;
  if (own_preprocessing_.is_object() && hints_.mean.empty() && hints_.std.empty()) {
    out = own_preprocessing_;
    return;
  }
  out["mean"] = statistics("--mean", "image_mean", "mean", hints_.mean, kImageNetMean);
  out["std"] = statistics("--std", "image_std", "std", hints_.std, kImageNetStd);
}

std::vector<double> Inference::statistics(const char* option, const char* hugging_face_name,
                                          const char* timm_name, const std::vector<double>& said,
                                          const double* image_net) {
  const auto channels = static_cast<size_t>(channels_);
  if (!said.empty()) {
    if (said.size() != channels)
      throw UsageError("has " + std::to_string(said.size()) + " values; the model takes " +
                           std::to_string(channels) + " channels",
                       option);
    return said;
  }
  using Values = std::vector<double>;
  auto recorded = field<Values>(weights_.preprocessor, hugging_face_name, where_);
  if (!recorded && timm_.is_object())
    recorded = field<Values>(timm_.value("pretrained_cfg", json()), timm_name, where_);
  if (recorded && recorded->size() == channels) return *recorded;
  if (channels == 3) return {image_net, image_net + 3};
  throw UsageError(
      "the file does not say which mean and std its " + std::to_string(channels) + " channels had",
      where_, "give --mean and --std to mae-convert, one value a channel");
}

}  // namespace

InferredConfig infer_config(const std::map<std::string, TensorInfo>& tensors,
                            const OpenedWeights& weights, const ImportHints& hints,
                            const std::string& where) {
  return Inference(tensors, weights, hints, where).run();
}

json infer_preprocessing(const OpenedWeights& weights, const ImportHints& hints, const json& config,
                         const std::string& where) {
  try {
    return Inference({}, weights, hints, where).preprocessing_of(config);
  } catch (const json::exception&) {
    throw DataError("holds a damaged configuration", where);
  }
}

}  // namespace mae
