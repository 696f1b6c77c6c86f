// SPDX-License-Identifier: MIT
#include "snclr/core/optim/schedule.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>

#include "tools/conformance/cases.h"

namespace snclr {
namespace {

constexpr double kTolerance = 1e-14;

}  // namespace

void CheckSchedule(const GoldenFile& golden, Verdict& verdict) {
  OptimizerSpec optimizer;
  optimizer.set_base_lr(golden.Double("base_lr"));
  optimizer.set_lr_scaling(LINEAR_PER_256);
  ScheduleSpec schedule;
  schedule.set_epochs(golden.Int("epochs"));
  schedule.set_warmup_epochs(golden.Double("warmup_epochs"));
  MomentumSpec momentum;
  momentum.set_start(golden.Double("base_momentum"));
  momentum.set_schedule(COSINE_TO_ONE);

  const double peak = PeakLearningRate(optimizer, golden.Int("total_batch"));
  verdict.Compare("peak_lr", peak, golden.Double("peak_lr"), {kTolerance});
  const auto epoch = golden.Tensor("in.epoch").contiguous();
  const auto lr = at::empty_like(epoch);
  const auto m = at::empty_like(epoch);
  for (int64_t i = 0; i < epoch.numel(); ++i) {
    const double at = epoch.data_ptr<double>()[i];
    lr.data_ptr<double>()[i] = LearningRateAt(schedule, peak, at);
    m.data_ptr<double>()[i] = MomentumAt(momentum, schedule, at);
  }
  verdict.Compare("lr", lr, golden.Tensor("out.lr"), {kTolerance});
  verdict.Compare("momentum", m, golden.Tensor("out.momentum"), {kTolerance});
}

}  // namespace snclr
