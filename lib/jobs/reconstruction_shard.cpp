// Reconstructions as a shard: /reconstruction, /error and /mask with names and labels.
#include "mae/io/shard_writer.h"
#include "mae/jobs/reconstruction_output.h"

namespace mae {
namespace {

std::vector<DatasetSpec> shard_specs(const ReconstructionContext& context) {
  const PatchLayout& layout = context.layout;
  nlohmann::json attributes = {{"patch_size", {layout.patch_size.height, layout.patch_size.width}},
                               {"grid", {layout.grid.height, layout.grid.width}},
                               {"channels", layout.channels}};
  if (layout.frames > 1) {
    attributes["frames"] = layout.frames;
    attributes["tubelet_size"] = layout.tubelet_size;
  }
  if (!context.patch_stats.empty()) attributes["patch_stats"] = context.patch_stats;
  const nlohmann::json none = nlohmann::json::object();
  const int64_t L = layout.patches(), P = layout.patch_values();
  return {{"reconstruction", ElementType::kUint8, {L, P}, {"patch", "value"}, attributes, false},
          {"error", ElementType::kFloat32, {L}, {"patch"}, none, false},
          {"mask", ElementType::kUint8, {L}, {"patch"}, context.mask_attributes, false},
          {"labels", ElementType::kInt64, {}, {}, none, false},
          {"names", ElementType::kUint8, {}, {}, none, true}};
}

class ShardOutput : public ReconstructionOutput {
 public:
  explicit ShardOutput(ReconstructionContext context)
      : context_(std::move(context)),
        writer_(context_.output.path, context_.dataset->size(), shard_specs(context_),
                context_.output.overwrite) {
    const auto class_names = context_.dataset->class_names();
    if (!class_names.empty()) writer_.write_text("class_names", class_names);
  }

  void add(const ReconstructedSample& sample) override {
    const int64_t label = context_.dataset->label(sample.index);
    writer_.append("reconstruction", sample.reconstruction, 1);
    writer_.append("error", sample.error, 1);
    writer_.append("mask", sample.mask.data(), 1);
    writer_.append("labels", &label, 1);
    writer_.append_text("names", {context_.dataset->name(sample.index)});
  }

  void commit(const ReconstructionFigures&) override { writer_.commit(context_.provenance); }

 private:
  ReconstructionContext context_;
  ShardWriter writer_;
};

}  // namespace

std::unique_ptr<ReconstructionOutput> make_shard_output(const ReconstructionContext& context) {
  return std::make_unique<ShardOutput>(context);
}

}  // namespace mae
