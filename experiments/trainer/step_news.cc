// SPDX-License-Identifier: MIT
#include "experiments/trainer/step_news.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <cstdint>
#include <vector>

namespace snclr {

at::Tensor ShareStep(const StepNews& own, StepOutput* output,
                     ProcessGroup& group) {
  if (group.size() == 1) return {};
  const at::NoGradGuard no_grad;
  const auto options = output->loss.options().dtype(at::kDouble);
  std::vector<at::Tensor> values = {output->loss.to(at::kDouble)};
  for (const NamedTensor& metric : output->metrics) {
    values.push_back(metric.tensor.to(options));
  }
  at::Tensor own_news = at::tensor(
      {static_cast<double>(own.signal), own.save_now ? 1.0 : 0.0}, at::kDouble);
  // From page-locked memory the copy waits for nothing.
  if (!options.device().is_cpu()) own_news = own_news.pin_memory();
  const at::Tensor news = own_news.to(options.device(), /*non_blocking=*/true);
  const at::Tensor all =
      group.AllGather(at::cat({at::stack(values), news}).unsqueeze(0));
  const auto count = static_cast<int64_t>(values.size());
  const at::Tensor mean = all.narrow(1, 0, count).mean(0);
  output->loss = mean[0];
  for (int64_t i = 1; i < count; ++i) output->metrics[i - 1].tensor = mean[i];
  return all.narrow(1, count, 2);
}

StepNews ReadNews(const at::Tensor& shared) {
  if (!shared.defined()) return {};
  const at::Tensor highest = shared.cpu().amax(0);
  return {static_cast<int>(highest[0].item<double>()),
          highest[1].item<double>() > 0};
}

}  // namespace snclr
