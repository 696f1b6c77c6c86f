// SPDX-License-Identifier: MIT
// Values on their way from a device to the CPU, while both go on.
#ifndef EXPERIMENTS_TRAINER_READ_BACK_H_
#define EXPERIMENTS_TRAINER_READ_BACK_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <optional>

#include "experiments/trainer/learner.h"

namespace snclr {

// Begins to copy a step's loss, metrics and norms to the CPU, behind what the
// device has been given so far; Wait() is over once they are there, whatever
// the device has been given since. (An item() asked for later would wait for
// that, too.) Features and embeddings, of which few are looked at, stay. On the
// CPU nothing is copied and nothing waits.
class ReadBack {
 public:
  explicit ReadBack(at::Device device) : device_(device) {}

  // Replaces the record's values by copies that are on their way.
  void Begin(StepRecord* record);
  // After the last Begin(); then the copies can be read.
  void Wait() const;

 private:
  void Fetch(at::Tensor* tensor) const;

  at::Device device_;
  std::optional<c10::Event> event_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_READ_BACK_H_
