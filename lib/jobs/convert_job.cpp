#include "mae/jobs/convert_job.h"

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/layouts/expected_tensors.h"
#include "mae/layouts/layout_writer.h"
#include "mae/models/import_checkpoint.h"
#include "mae/models/registry.h"

namespace mae {
namespace {

// A file of ours says everything itself; nothing may be put over it.
void check_no_hints(const ImportHints& hints, const std::string& input) {
  const bool any = !hints.key.empty() || hints.num_heads != 0 || hints.decoder_num_heads != 0 ||
                   hints.image_size.area() > 0 || hints.norm_pix_loss || !hints.mean.empty() ||
                   !hints.std.empty();
  if (any)
    throw UsageError("this checkpoint holds its own configuration", input,
                     "leave out the options that describe the model");
}

ImportedCheckpoint read_any(const ConvertJob& job) {
  if (is_published_checkpoint(job.input))
    return import_checkpoint(job.input, job.hints, static_cast<uint64_t>(job.seed));
  ImportedCheckpoint own;
  own.checkpoint = read_checkpoint(job.input);
  check_no_hints(job.hints, job.input);
  own.layout = "mae (safetensors)";
  for (const auto& [name, tensor] : own.checkpoint.tensors)
    own.records.push_back({KeyAction::kTaken, {name}, {name}});
  return own;
}

void drop_decoder(Checkpoint* checkpoint) {
  nlohmann::json& config = checkpoint->config;
  const char* width = config.contains("decoder_dim") ? "decoder_dim" : "decoder_embed_dim";
  if (!config.contains(width))
    throw UsageError("this model has no decoder to leave out", "--encoder-only");
  config[width] = 0;
  make_masked_model(config);  // refuses models that cannot be without
  for (auto tensor = checkpoint->tensors.begin(); tensor != checkpoint->tensors.end();) {
    tensor =
        is_decoder_tensor(tensor->first) ? checkpoint->tensors.erase(tensor) : std::next(tensor);
  }
}

int64_t count_parameters(const StateDict& tensors) {
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.numel();
  return count;
}

}  // namespace

ConvertReport run_convert_job(const ConvertJob& job) {
  const Layout layout = job.to.empty() ? layout_of_output(job.output.path) : parse_layout(job.to);
  if (is_same_path(job.input, job.output.path))
    throw UsageError("is also the input", job.output.path, "write to another name");
  ImportedCheckpoint source = read_any(job);
  Provenance provenance = process_provenance();
  add_checkpoint(provenance, job.input, source.checkpoint.provenance);
  ConvertReport report;
  if (job.output.if_changed && is_up_to_date(job.output.path, provenance)) {
    report.up_to_date = true;
    return report;
  }
  for (const std::string& note : source.notes) log_info(note);
  for (const std::string& assumption : source.assumptions) log_warning(assumption);
  if (job.encoder_only) drop_decoder(&source.checkpoint);
  source.checkpoint.provenance = nlohmann::json::parse(provenance.to_json());

  StateDict kept;
  const CheckpointParts parts = checkpoint_parts(source.checkpoint, &kept);
  report.layout = source.layout;
  report.read = std::move(source.records);
  report.written = plan_layout(layout, parts);
  report.parameters = count_parameters(source.checkpoint.tensors);
  if (!job.output.dry_run) write_layout(job.output.path, layout, parts, job.output.overwrite);
  return report;
}

}  // namespace mae
