// The graph works on memory that never moves: inputs are copied into it, gradients are bound to it.
#include "mae/train/graphed_pass.h"

#include <ATen/ops/zeros_like.h>

#include <array>
#include <utility>

namespace mae {
namespace {

constexpr int kDirectRuns = 3;  // as LibTorch asks for before a capture

/// The tensors of a batch that a pass may read. The table of pixel values is the same in all.
std::array<Tensor*, 7> tensors_of(PlacedBatch& batch) {
  return {&batch.batch.images,        &batch.batch.pixels.samples,  &batch.ids_hidden,
          &batch.selection.ids_keep,  &batch.selection.ids_restore, &batch.selection.mask,
          &batch.selection.token_mask};
}

bool have_same_shape(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type();
}

}  // namespace

GraphedPass::GraphedPass(std::unique_ptr<WorkGraph> graph, std::vector<Tensor> params, Pass pass)
    : graph_(std::move(graph)), params_(std::move(params)), pass_(std::move(pass)) {}

Tensor GraphedPass::run(const PlacedBatch& batch) {
  if (runs_ < kDirectRuns) {
    ++runs_;
    const Tensor loss = pass_(batch);
    note_gradients();
    return loss;
  }
  if (!is_recorded_) record(batch);
  PlacedBatch given = batch;
  const auto from = tensors_of(given), to = tensors_of(input_);
  for (size_t i = 0; i < from.size(); ++i)
    if (!have_same_shape(*from[i], *to[i])) return pass_(batch);
  for (size_t i = 0; i < from.size(); ++i)
    if (from[i]->defined()) to[i]->copy_(*from[i], /*non_blocking=*/true);
  bind_gradients();
  graph_->replay();
  return loss_;
}

void GraphedPass::record(const PlacedBatch& batch) {
  input_ = batch;
  for (Tensor* tensor : tensors_of(input_))
    if (tensor->defined()) *tensor = tensor->clone();
  std::vector<Tensor> before;
  for (size_t i = 0; i < params_.size(); ++i)
    before.push_back(std::exchange(params_[i].mutable_grad(), gradients_[i]));
  graph_->record([this] { loss_ = pass_(input_); });
  for (size_t i = 0; i < params_.size(); ++i) {
    if (before[i].defined())
      gradients_[i].copy_(before[i]);
    else
      params_[i].mutable_grad().reset();
  }
  is_recorded_ = true;
}

/// Which parameters have gradients at all is seen after a pass.
void GraphedPass::note_gradients() {
  gradients_.resize(params_.size());
  for (size_t i = 0; i < params_.size(); ++i) {
    const Tensor& gradient = params_[i].grad();
    if (gradient.defined() && !gradients_[i].defined()) gradients_[i] = at::zeros_like(gradient);
  }
}

/// Where an optimizer's step has dropped a gradient, the next pass begins with zeros.
void GraphedPass::bind_gradients() {
  for (size_t i = 0; i < params_.size(); ++i) {
    Tensor& gradient = params_[i].mutable_grad();
    if (gradient.defined() || !gradients_[i].defined()) continue;
    gradients_[i].zero_();
    gradient = gradients_[i];
  }
}

}  // namespace mae
