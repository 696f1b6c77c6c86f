// SPDX-License-Identifier: MIT
#include "experiments/trainer/read_back.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace snclr {

void ReadBack::Fetch(at::Tensor* tensor) const {
  if (tensor->defined()) {
    *tensor = tensor->detach().to(at::kCPU, /*non_blocking=*/true);
  }
}

void ReadBack::Begin(StepRecord* record) {
  if (device_.is_cpu()) return;
  Fetch(&record->output.loss);
  Fetch(&record->first_gradient);
  Fetch(&record->late_gradient_norm);
  for (NamedTensor& metric : record->output.metrics) Fetch(&metric.tensor);
  event_.emplace(device_.type());
  event_->record(
      c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

void ReadBack::Wait() const {
  if (event_) event_->synchronize();
}

}  // namespace snclr
