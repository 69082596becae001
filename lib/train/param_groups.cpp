// Parameter names to groups.
#include "mae/train/param_groups.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "mae/base/text.h"

namespace mae {
std::vector<ParamGroup> weight_decay_groups(const MaskedModel& model, double weight_decay) {
  ParamGroup no_decay, decay;
  decay.weight_decay = weight_decay;
  for (const auto& item : model.named_parameters(/*recurse=*/true)) {
    if (!item.value().requires_grad()) continue;
    const bool plain =
        item.value().dim() == 1 || ends_with(item.key(), ".bias") || model.is_undecayed(item.key());
    ParamGroup& group = plain ? no_decay : decay;
    group.names.push_back(item.key());
    group.params.push_back(item.value());
  }
  return {no_decay, decay};
}

std::vector<ParamGroup> layer_decay_groups(const Classifier& classifier, double weight_decay,
                                           double layer_decay) {
  std::vector<ParamGroup> groups;
  std::map<std::pair<int64_t, bool>, size_t> index;  // (layer, decayed) -> position in groups
  for (const auto& item : classifier.named_parameters(/*recurse=*/true)) {
    if (!item.value().requires_grad()) continue;
    const std::string& name = item.key();
    const bool decayed = item.value().dim() != 1 && !classifier.is_undecayed(name);
    const int64_t layer = classifier.layer_id(name);
    const auto [place, is_new] = index.try_emplace({layer, decayed}, groups.size());
    if (is_new) {
      groups.emplace_back();
      groups.back().weight_decay = decayed ? weight_decay : 0.0;
      groups.back().lr_scale =
          std::pow(layer_decay, static_cast<double>(classifier.num_layers() - 1 - layer));
    }
    groups[place->second].names.push_back(name);
    groups[place->second].params.push_back(item.value());
  }
  return groups;
}

}  // namespace mae
