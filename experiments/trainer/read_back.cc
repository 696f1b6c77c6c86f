// SPDX-License-Identifier: MIT
#include "experiments/trainer/read_back.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace snclr {

void ReadBack::Fetch(at::Tensor* tensor) const {
  if (tensor->defined()) {
    *tensor = tensor->detach().to(at::kCPU, /*non_blocking=*/true);
  }
}

void ReadBack::Begin(bool with_features, StepRecord* record, at::Tensor* news) {
  if (device_.is_cpu()) return;
  StepOutput& output = record->output;
  Fetch(&output.loss);
  Fetch(&record->first_gradient);
  Fetch(&record->late_gradient_norm);
  for (NamedTensor& metric : output.metrics) Fetch(&metric.tensor);
  Fetch(news);
  if (with_features) {
    Fetch(&output.features);
    Fetch(&output.embeddings);
  } else {
    output.features = at::Tensor();
    output.embeddings = at::Tensor();
  }
  event_.emplace(device_.type());
  event_->record(
      c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

void ReadBack::Wait(ProcessGroup& group) const {
  if (!event_) return;
  if (group.size() == 1) {
    event_->synchronize();
  } else {
    group.Await([this] { return event_->query(); });
  }
}

}  // namespace snclr
