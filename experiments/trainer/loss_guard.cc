// SPDX-License-Identifier: MIT
#include "experiments/trainer/loss_guard.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "experiments/trainer/format.h"

namespace snclr {
namespace {

// Far above any loss of a run that can still recover.
constexpr double kExploded = 1000;

// Each halves the loss scale, from 2^24 at most: behind so many it is 2^-16,
// with which no gradient overflows that a learning rate can follow.
constexpr int64_t kMostSkipped = 40;

}  // namespace

LossGuard::LossGuard(const ExperimentSpec& spec, const LossBand& band)
    : precision_(spec.precision()),
      highest_(kExploded * std::max(std::abs(band.high), 1.0)) {}

absl::Status LossGuard::Check(const LossReading& reading) {
  const bool loss_is_wrong =
      !std::isfinite(reading.loss) || std::abs(reading.loss) > highest_;
  const bool gradient_is_wrong = !std::isfinite(reading.gradient_norm);
  skipped_in_a_row_ = gradient_is_wrong ? skipped_in_a_row_ + 1 : 0;
  if (!loss_is_wrong && gradient_is_wrong && precision_ == FP16 &&
      skipped_in_a_row_ <= kMostSkipped) {
    return absl::OkStatus();
  }
  if (loss_is_wrong || gradient_is_wrong) {
    return absl::InternalError(absl::StrCat(
        "step ", reading.step,
        loss_is_wrong ? absl::StrCat(": the loss is ", FormatLoss(reading.loss))
                      : absl::StrCat(": the gradient's norm is ",
                                     FormatLoss(reading.gradient_norm)),
        readings_ > 0 ? absl::StrCat(" (step ", last_good_.step, " had ",
                                     FormatLoss(last_good_.loss), ")")
                      : "",
        ". Likely cause: ", LikelyCause(reading)));
  }
  last_good_ = reading;
  ++readings_;
  mean_gradient_norm_ += (reading.gradient_norm - mean_gradient_norm_) /
                         std::min<double>(static_cast<double>(readings_), 100);
  return absl::OkStatus();
}

std::string LossGuard::LikelyCause(const LossReading& reading) const {
  // A resumed run begins with weights that have moved.
  if (readings_ == 0 && reading.step <= 1) {
    return "the inputs: no weight has moved yet. Look at "
           "augmentation.normalize "
           "(a std near 0?) and at the images";
  }
  const double last_norm = last_good_.gradient_norm;
  if (last_norm > 10 * mean_gradient_norm_) {
    return absl::StrCat(
        "an exploding gradient: its norm was ", FormatLoss(last_norm),
        " the step before, ", FormatLoss(mean_gradient_norm_),
        " on average. Lower optimizer.base_lr (the learning rate was ",
        FormatRate(reading.learning_rate),
        "), lengthen schedule.warmup_epochs, or set "
        "optimizer.clip_gradient_norm");
  }
  if (precision_ == BF16) {
    return "a number beyond what precision BF16 keeps apart; FP32 will tell";
  }
  if (precision_ == FP16) {
    return "a number beyond 65504, the largest that precision FP16 has; BF16 "
           "or "
           "FP32 will tell";
  }
  return absl::StrCat("a learning rate of ", FormatRate(reading.learning_rate),
                      " that is too high. Lower optimizer.base_lr or lengthen "
                      "schedule.warmup_epochs");
}

}  // namespace snclr
