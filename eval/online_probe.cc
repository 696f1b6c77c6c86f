// SPDX-License-Identifier: MIT
#include "eval/online_probe.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "data/source.h"

namespace snclr {
namespace {

constexpr double kMomentum = 0.9;
constexpr int64_t kMeanSteps = 100;

// Its copy on a device, of which nothing waits for the others.
at::Tensor Later(const at::Tensor& here, at::Device device) {
  if (device.is_cpu()) return here;
  return here.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace

OnlineProbe::OnlineProbe(int64_t feature_dim, int64_t classes,
                         double learning_rate, uint64_t seed,
                         ProcessGroup& group, at::Device device)
    : group_(group),
      head_(feature_dim, classes, {{learning_rate}, kMomentum, seed}, device),
      steps_(at::zeros({}, at::kLong)),
      top1_(at::zeros({}, at::TensorOptions(device).dtype(at::kFloat))) {}

at::Tensor OnlineProbe::Step(const at::Tensor& features,
                             const at::Tensor& labels) {
  const at::NoGradGuard no_grad;
  const at::Tensor kept = labels.ne(kUnlabelled).nonzero().flatten();
  const auto count = static_cast<double>(kept.numel());
  const at::Device device = top1_.device();
  // Sums over this rank's images, how many are right and how many there are, so
  // that one collective carries all.
  at::Tensor sums = at::zeros_like(head_.State()[0].tensor).flatten();
  at::Tensor right = at::zeros({1}, sums.options());
  if (count > 0) {
    const at::Tensor rows =
        features.index_select(0, Later(kept, device)).to(at::kFloat);
    const at::Tensor own = Later(labels.index_select(0, kept), device);
    right = head_.Scores(rows)
                .select(1, 0)
                .argmax(1)
                .eq(own)
                .sum()
                .to(at::kFloat)
                .view({1});
    sums = head_.Gradient(rows, own).flatten().mul(count);
  }
  at::Tensor all = at::cat({sums, right, at::full({1}, count, sums.options())});
  group_.AllReduceSum(all);
  const int64_t weights = sums.numel();
  const at::Tensor images = all[weights + 1];
  if (group_.size() == 1 && count == 0) return top1_.clone();
  head_.Step((all.narrow(0, 0, weights) / images.clamp_min(1))
                 .view_as(head_.State()[0].tensor),
             1);
  steps_.add_(1);
  const int64_t over = std::min(steps_.item<int64_t>(), kMeanSteps);
  const at::Tensor percent = all[weights] * 100 / images.clamp_min(1);
  top1_.add_((percent - top1_) / static_cast<double>(over));
  return top1_.clone();
}

NamedTensors OnlineProbe::State() const {
  NamedTensors state = head_.State();
  state.push_back({"steps", steps_});
  state.push_back({"top1", top1_});
  return state;
}

}  // namespace snclr
