// Everything read is checked: codebooks may come from other programs.
#include "mae/models/target_file.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>

#include <cmath>

#include "mae/base/error.h"
#include "mae/io/safetensors_file.h"
#include "mae/models/size_json.h"

namespace mae {
namespace {

constexpr char kKey[] = "mae.target";

const char* main_tensor(TargetKind kind) { return kind == TargetKind::kPca ? "basis" : "codebook"; }

Tensor read_tensor(const SafetensorsFile& file, const std::string& name, size_t dimensions) {
  const std::string where = file.path() + ":" + name;
  const auto found = file.entries().find(name);
  if (found == file.entries().end()) throw DataError("has no tensor " + name, file.path());
  const SafetensorsFile::Entry& entry = found->second;
  if (entry.type != ElementType::kFloat32 || entry.shape.size() != dimensions) {
    throw DataError("is " + element_name(entry.type) + " of shape " + shape_text(entry.shape) +
                        "; expected float32 of " + std::to_string(dimensions) + " dimensions",
                    where);
  }
  Tensor tensor = at::empty(entry.shape, at::kFloat);
  file.read(name, tensor.data_ptr());
  if (tensor.numel() == 0 || !at::isfinite(tensor).all().item<bool>())
    throw DataError("is empty or holds numbers that are not finite", where);
  return tensor;
}

nlohmann::json read_metadata(const SafetensorsFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) return nullptr;
  nlohmann::json json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    throw DataError("metadata '" + std::string(key) + "' is not valid JSON", file.path());
  return json;
}

void take_description(const nlohmann::json& json, const std::string& path, TargetFile* out) {
  if (!json.is_object()) return;
  try {
    out->patch_size = json.at("patch_size").get<Size2d>();
    out->channels = json.at("channels").get<int64_t>();
    out->mean = json.at("mean").get<std::vector<double>>();
    out->std = json.at("std").get<std::vector<double>>();
    out->figures = json.value("figures", nlohmann::json::object());
  } catch (const nlohmann::json::exception&) {
    throw DataError("metadata 'mae.target' lacks a field or has one of the wrong type", path);
  }
}

std::string list_of(const std::vector<double>& numbers) { return nlohmann::json(numbers).dump(); }

bool is_near(const std::vector<double>& a, const std::vector<double>& b) {
  bool near = a.size() == b.size();
  for (size_t i = 0; near && i < a.size(); ++i) near = std::abs(a[i] - b[i]) <= 1e-6;
  return near;
}

}  // namespace

int64_t TargetFile::size() const { return tensors.at(main_tensor(kind)).size(0); }
int64_t TargetFile::values() const { return tensors.at(main_tensor(kind)).size(1); }

void write_target_file(const std::string& path, const TargetFile& file, Overwrite overwrite) {
  const nlohmann::json description = {{"target", target_name(file.kind)},
                                      {"patch_size", file.patch_size},
                                      {"channels", file.channels},
                                      {"mean", file.mean},
                                      {"std", file.std},
                                      {"figures", file.figures}};
  StateDict kept;  // alive until written
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : file.tensors) {
    const Tensor stored = kept[name] = tensor.to(at::kCPU, at::kFloat).contiguous();
    views[name] = {ElementType::kFloat32, stored.sizes().vec(), stored.data_ptr()};
  }
  write_safetensors(
      path, views,
      {{"format", "pt"}, {kKey, description.dump()}, {"mae.provenance", file.provenance.dump()}},
      overwrite);
}

TargetFile read_target_file(const std::string& path) {
  const SafetensorsFile file(path);
  const bool has_basis = file.entries().count("basis") > 0;
  if (has_basis == (file.entries().count("codebook") > 0)) {
    throw DataError("holds neither a basis nor a codebook of patches", path,
                    "fit one with mae-codebook");
  }
  TargetFile out;
  out.kind = has_basis ? TargetKind::kPca : TargetKind::kTokens;
  out.tensors[main_tensor(out.kind)] = read_tensor(file, main_tensor(out.kind), 2);
  if (has_basis) {
    const Tensor mean = out.tensors["mean"] = read_tensor(file, "mean", 1);
    if (mean.size(0) != out.values() || out.size() > out.values()) {
      throw DataError("mean of " + std::to_string(mean.size(0)) + " numbers and basis of shape " +
                          shape_text(out.tensors["basis"].sizes().vec()) +
                          " do not belong together",
                      path);
    }
  }
  take_description(read_metadata(file, kKey), path, &out);
  out.provenance = read_metadata(file, "mae.provenance");
  return out;
}

void load_target(Module& model, const TargetFile& file, const std::string& path,
                 Size2d patch_size, const Preprocessing& preprocessing) {
  const std::string hint = "fit one on this data with mae-codebook";
  if (file.patch_size.area() > 0 && file.patch_size != patch_size) {
    throw DataError("was fitted on patches of " + size_text(file.patch_size) +
                        ", but the model's are " + size_text(patch_size),
                    path, hint);
  }
  if (file.values() != patch_size.area() * preprocessing.channels) {
    throw DataError("was fitted on patches of " + std::to_string(file.values()) +
                        " numbers, but the model's have " +
                        std::to_string(patch_size.area() * preprocessing.channels),
                    path, hint);
  }
  const bool same_pixels = file.mean.empty() || (is_near(file.mean, preprocessing.mean) &&
                                                 is_near(file.std, preprocessing.std));
  if (!same_pixels) {
    throw DataError("was fitted on pixels of mean " + list_of(file.mean) + " and deviation " +
                        list_of(file.std) + ", but the model's are normalised by " +
                        list_of(preprocessing.mean) + " and " + list_of(preprocessing.std),
                    path, hint);
  }
  const at::NoGradGuard no_grad;
  for (auto& item : model.named_buffers()) {
    constexpr char kPrefix[] = "target.";
    if (item.key().rfind(kPrefix, 0) == 0)
      item.value().copy_(file.tensors.at(item.key().substr(sizeof(kPrefix) - 1)));
  }
}

}  // namespace mae
