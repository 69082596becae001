// What the checks for numbers that are not finite cost in a training step: steps with and without
// them take turns on one model, and the checks are timed by themselves. Processor time of one
// thread. usage: check_cost [ROUNDS]
#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <vector>

#include "mae/masking/mask_strategy.h"
#include "mae/models/mae.h"
#include "mae/train/optimizer.h"

namespace {

struct Case {
  const char* name;
  int64_t image, patch, in_chans, dim, depth, heads, decoder_dim, decoder_depth, batch;
};

constexpr Case kCases[] = {
    {"128 x 6 on 28 x 28, batch 64", 28, 4, 1, 128, 6, 4, 64, 2, 64},
    {"192 x 12 on 64 x 64, batch 32", 64, 8, 3, 192, 12, 3, 128, 4, 32},
    {"ViT-B/16 on 224 x 224, batch 8", 224, 16, 3, 768, 12, 12, 512, 8, 8},
};

double milliseconds() {
  struct timespec now {};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

mae::MaeOptions model_options(const Case& c) {
  mae::MaeOptions options;
  options.img_size = {c.image, c.image};
  options.patch_size = {c.patch, c.patch};
  options.in_chans = c.in_chans;
  options.embed_dim = c.dim;
  options.depth = c.depth;
  options.num_heads = c.heads;
  options.decoder_embed_dim = c.decoder_dim;
  options.decoder_depth = c.decoder_depth;
  options.decoder_num_heads = c.decoder_dim / 32;
  options.norm_pix_loss = true;
  return options;
}

class Trainer {
 public:
  explicit Trainer(const Case& c)
      : model_(model_options(c)),
        images_(at::randn({c.batch, c.in_chans, c.image, c.image})),
        ids_(static_cast<size_t>(c.batch)) {
    model_.initialize(/*seed=*/0);
    std::iota(ids_.begin(), ids_.end(), 0);
    optimizer_ = mae::make_adamw(mae::weight_decay_groups(model_, 0.05), {});
  }

  /// Returns the milliseconds of the step and, of these, those of the checks.
  std::pair<double, double> step(bool checked) {
    const mae::PatchSelection selection =
        mae::draw_selection({}, model_.mask_grid(), /*seed=*/0, epoch_++, ids_);
    double checks = 0;
    const double start = milliseconds();
    const mae::Tensor loss = model_.forward(images_, selection).loss;
    bool is_finite = true;
    const auto check = [&](const auto& value) {
      if (!checked) return;
      const double before = milliseconds();
      is_finite = is_finite && std::isfinite(value());
      checks += milliseconds() - before;
    };
    check([&] { return loss.item<double>(); });
    loss.backward();
    check([&] { return optimizer_->grad_norm().item<double>(); });
    if (is_finite) optimizer_->step(1e-4);
    optimizer_->zero_grad();
    return {milliseconds() - start, checks};
  }

 private:
  mae::Mae model_;
  mae::Tensor images_;
  std::vector<uint64_t> ids_;
  std::unique_ptr<mae::Optimizer> optimizer_;
  uint32_t epoch_ = 0;
};

void measure(const Case& c, int rounds) {
  Trainer trainer(c);
  trainer.step(true);
  std::vector<double> with, without, checks, ratios;
  for (int round = 0; round < rounds; ++round) {
    const bool checked_first = round % 2 == 0;
    const auto first = trainer.step(checked_first), second = trainer.step(!checked_first);
    const auto& checked = checked_first ? first : second;
    const auto& plain = checked_first ? second : first;
    with.push_back(checked.first);
    checks.push_back(checked.second);
    without.push_back(plain.first);
    ratios.push_back(checked.first / plain.first);
  }
  std::printf("%s\t%.2f\t%.2f\t%.3f\t%.2f\t%.2f\n", c.name, median(with), median(without),
              median(checks), 100 * median(checks) / median(without), 100 * (median(ratios) - 1));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 50;
  at::set_num_threads(1);
  std::puts("model\tms with\tms without\tms of checks\t% of a step\t% by pairs");
  for (const Case& c : kCases) measure(c, c.dim > 500 ? std::max(rounds / 10, 3) : rounds);
}
