// Layers are found by their type in the tree of modules; calibration keeps rows of their inputs.
#include "mae/nn/pack_layers.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "mae/base/error.h"
#include "mae/nn/layers.h"

namespace mae {
namespace {

constexpr int64_t kRowsOfABatch = 64;  // of each layer's input, evenly spread
constexpr int64_t kRowsOfALayer = 2048;

void for_each_linear(Module& module, const std::function<void(Linear&)>& use) {
  if (auto* linear = dynamic_cast<Linear*>(&module)) use(*linear);
  for (const auto& child : module.named_children()) for_each_linear(*child.value(), use);
}

struct Calibrated {
  Linear* layer;
  std::vector<Tensor> rows;
  int64_t count = 0;

  void keep(const Tensor& x) {
    const Tensor all = x.detach().reshape({-1, x.size(-1)});
    const int64_t step = std::max<int64_t>(1, all.size(0) / kRowsOfABatch);
    if (count >= kRowsOfALayer) return;
    rows.push_back(all.slice(/*dim=*/0, 0, all.size(0), step).to(at::kFloat).clone());
    count += rows.back().size(0);
  }
};

}  // namespace

void pack_layers_bfloat16(Module& model) {
  if (!can_pack_bfloat16()) return;
  for_each_linear(model,
                  [](Linear& layer) { layer.use_packed(pack_bfloat16(layer.weight.detach())); });
}

void pack_layers_int8(Module& model, const std::function<void()>& calibrate) {
  if (!can_pack_int8())
    throw ResourceError("this LibTorch has no 8-bit products", "--dtype int8",
                        "use --dtype bfloat16");
  std::vector<std::unique_ptr<Calibrated>> layers;
  for_each_linear(model, [&](Linear& layer) {
    layers.push_back(std::make_unique<Calibrated>(Calibrated{&layer, {}, 0}));
    layer.observe([seen = layers.back().get()](const Tensor& x) { seen->keep(x); });
  });
  calibrate();
  for (const auto& seen : layers) {
    seen->layer->observe({});
    // What the encoder never uses, such as a decoder, stays as it is.
    if (seen->rows.empty()) continue;
    seen->layer->use_packed(pack_int8(seen->layer->weight.detach(), {at::cat(seen->rows)}));
  }
}

}  // namespace mae
