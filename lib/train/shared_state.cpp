// One text says everything but the numbers, then come the tensors in its order.
#include "mae/train/shared_state.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <utility>
#include <vector>

namespace mae {
namespace {

constexpr const char* kParts[] = {"model", "optimizer", "average"};

StateDict& part_of(RunDirectory::Resumed& state, const std::string& part) {
  if (part == kParts[0]) return state.checkpoint.tensors;
  return part == kParts[1] ? state.optimizer : state.average;
}

nlohmann::json describe(RunDirectory::Resumed& state) {
  nlohmann::json tensors = nlohmann::json::array();
  for (const char* part : kParts)
    for (const auto& [name, tensor] : part_of(state, part))
      tensors.push_back({part, name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
  return {{"config", state.checkpoint.config},
          {"preprocessing", state.checkpoint.preprocessing},
          {"provenance", state.checkpoint.provenance},
          {"extra", state.checkpoint.extra},
          {"training_config", state.training_config},
          {"step", state.position.step},
          {"epoch", state.position.epoch},
          {"batch", state.position.batch},
          {"meters", state.position.meters},
          {"tensors", tensors}};
}

/// Everything but the numbers of the tensors.
RunDirectory::Resumed empty_state(const nlohmann::json& text) {
  RunDirectory::Resumed state;
  state.checkpoint.config = text.at("config");
  state.checkpoint.preprocessing = text.at("preprocessing").get<Preprocessing>();
  state.checkpoint.provenance = text.at("provenance");
  state.checkpoint.extra = text.at("extra");
  state.training_config = text.at("training_config");
  state.position.step = text.at("step");
  state.position.epoch = text.at("epoch");
  state.position.batch = text.at("batch");
  state.position.meters = text.at("meters");
  for (const nlohmann::json& tensor : text.at("tensors"))
    part_of(state, tensor[0])[tensor[1]] = at::empty(
        tensor[3].get<std::vector<int64_t>>(), static_cast<at::ScalarType>(tensor[2].get<int>()));
  return state;
}

}  // namespace

std::optional<RunDirectory::Resumed> broadcast_state(
    const std::optional<RunDirectory::Resumed>& state, ProcessGroup& group) {
  if (group.is_alone()) return state;
  RunDirectory::Resumed shared;
  if (state) shared = *state;
  // Floats go through JSON bit for bit.
  const std::string text =
      group.broadcast(group.is_first() && state ? describe(shared).dump() : std::string());
  if (text.empty()) return std::nullopt;
  if (!group.is_first()) shared = empty_state(nlohmann::json::parse(text));
  for (const char* part : kParts) {
    for (auto& [name, tensor] : part_of(shared, part)) {
      Tensor bytes = tensor.contiguous();
      group.broadcast(bytes);
      tensor = bytes;
    }
  }
  return shared;
}

void broadcast_weights(const Module& model, ProcessGroup& group) {
  if (group.is_alone()) return;
  const c10::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state_dict(model)) {
    Tensor values = tensor.detach();  // the same storage
    group.broadcast(values);
  }
}

}  // namespace mae
