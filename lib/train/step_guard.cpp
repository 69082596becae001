#include "mae/train/step_guard.h"

namespace mae {

StepGuard::Verdict StepGuard::failed(int64_t step) {
  if (nan_skips_ == 0) return Verdict::kStop;
  if (failed_in_a_row_ == 0) first_failed_ = step;
  last_failed_ = step;
  ++failed_in_a_row_;
  ++skipped_;
  if (failed_in_a_row_ < nan_skips_) return Verdict::kGoOn;
  const bool again = last_left_out_ >= 0 && first_failed_ <= last_left_out_ + steps_per_epoch_;
  return again ? Verdict::kStop : Verdict::kRollBack;
}

void StepGuard::leave_out(int64_t first, int64_t last) {
  first_left_out_ = first;
  last_left_out_ = last;
  failed_in_a_row_ = 0;
}

nlohmann::json StepGuard::state() const {
  return {{"failed_in_a_row", failed_in_a_row_}, {"first_failed", first_failed_},
          {"last_failed", last_failed_},         {"skipped", skipped_},
          {"first_left_out", first_left_out_},   {"last_left_out", last_left_out_}};
}

void StepGuard::restore(const nlohmann::json& state) {
  if (state.is_null()) return;
  const auto take = [&](const char* name, int64_t* value) {
    *value = state.at(name).get<int64_t>();
  };
  take("failed_in_a_row", &failed_in_a_row_);
  take("first_failed", &first_failed_);
  take("last_failed", &last_failed_);
  take("skipped", &skipped_);
  take("first_left_out", &first_left_out_);
  take("last_left_out", &last_left_out_);
}

}  // namespace mae
