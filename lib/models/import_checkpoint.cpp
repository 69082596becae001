#include "mae/models/import_checkpoint.h"

#include <ATen/ops/from_blob.h>

#include "mae/base/error.h"
#include "mae/models/element_type.h"
#include "mae/models/registry.h"

namespace mae {
namespace {

// The tensor owns the bytes from now on.
Tensor as_tensor(const LoadedTensor& loaded) {
  return at::from_blob(
      loaded.data.get(), loaded.shape, [data = loaded.data](void*) {},
      at::TensorOptions().dtype(torch_type(loaded.type)));
}

void add_fresh_tensors(Checkpoint* checkpoint, const std::vector<std::string>& names,
                       uint64_t seed) {
  if (names.empty()) return;
  const auto fresh_tensors = [&](auto model) {
    model->initialize(seed);
    return state_dict(*model);
  };
  const StateDict fresh = is_classifier(checkpoint->config)
                              ? fresh_tensors(make_classifier_model(checkpoint->config))
                              : fresh_tensors(make_masked_model(checkpoint->config));
  for (const std::string& name : names) checkpoint->tensors[name] = fresh.at(name).detach();
}

// Names and shapes are the model's own; what `hints` allow is started fresh or left out.
void check_against_model(Checkpoint* checkpoint, const ImportHints& hints, uint64_t seed,
                         const std::string& where) {
  const auto check = [&](auto model) {
    if (!hints.allow_missing.empty()) model->initialize(seed);
    StateDict& tensors = checkpoint->tensors;
    load_state_dict(*model, tensors, where, hints.allow_missing, hints.allow_extra);
    StateDict whole;
    for (const auto& [name, tensor] : state_dict(*model)) {
      const auto found = tensors.find(name);
      whole[name] = found != tensors.end() ? found->second : tensor.detach();
    }
    tensors = std::move(whole);
  };
  try {
    if (is_classifier(checkpoint->config)) {
      check(make_classifier_model(checkpoint->config));
    } else {
      check(make_masked_model(checkpoint->config));
    }
  } catch (const UsageError& error) {
    throw DataError(error.what(), where, error.hint());
  }
}

}  // namespace

ImportedCheckpoint import_checkpoint(const std::string& path, const ImportHints& hints,
                                     uint64_t seed) {
  const PublishedCheckpoint published(path, hints);
  ImportedCheckpoint imported;
  imported.checkpoint = import_header(published);
  for (const auto& [name, info] : published.tensors())
    imported.checkpoint.tensors[name] = as_tensor(published.read(name));
  if (published.is_staged()) {
    check_against_model(&imported.checkpoint, hints, seed, path);
  } else {
    add_fresh_tensors(&imported.checkpoint, published.missing(), seed);
  }
  imported.layout = published.layout();
  imported.records = published.records();
  imported.notes = published.notes();
  imported.assumptions = published.assumptions();
  imported.files = published.files();
  return imported;
}

Checkpoint import_header(const PublishedCheckpoint& published) {
  Checkpoint checkpoint;
  checkpoint.config = published.config();
  try {
    checkpoint.preprocessing = published.preprocessing().get<Preprocessing>();
  } catch (const nlohmann::json::exception&) {
    throw DataError("its preprocessing has a field of the wrong type", published.files().front());
  }
  checkpoint.provenance = published.provenance();
  checkpoint.extra = published.extra();
  return checkpoint;
}

}  // namespace mae
