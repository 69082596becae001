// Layers are found by their type in the tree of modules; calibration keeps rows of their inputs.
#include "mae/nn/pack_layers.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "mae/base/error.h"
#include "mae/nn/layers.h"

namespace mae {
namespace {

constexpr int64_t kRowsOfABatch = 256;  // of each layer's input
constexpr int64_t kRowsOfALayer = 4096;

void for_each_linear(Module& module, const std::function<void(Linear&)>& use) {
  if (auto* linear = dynamic_cast<Linear*>(&module)) use(*linear);
  for (const auto& child : module.named_children()) for_each_linear(*child.value(), use);
}

// Places that are spread over all rows, but not evenly: tokens come in equal numbers a picture, and
// an even step could meet the class tokens alone.
Tensor spread_rows(int64_t rows) {
  const int64_t step = std::max<int64_t>(1, rows / kRowsOfABatch);
  std::vector<int64_t> places;
  for (int64_t first = 0, i = 0; first < rows; first += step, ++i)
    places.push_back(std::min(rows - 1, first + i * 37 % step));
  return at::tensor(places, at::kLong);
}

struct Calibrated {
  Linear* layer;
  std::vector<Tensor> rows;
  int64_t count = 0;

  void keep(const Tensor& x) {
    if (count >= kRowsOfALayer) return;
    const Tensor all = x.detach().reshape({-1, x.size(-1)});
    rows.push_back(all.index_select(/*dim=*/0, spread_rows(all.size(0))).to(at::kFloat));
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
