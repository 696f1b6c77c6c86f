// SPDX-License-Identifier: MIT
// Values on their way from a device to the CPU, while both go on.
#ifndef EXPERIMENTS_TRAINER_READ_BACK_H_
#define EXPERIMENTS_TRAINER_READ_BACK_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <optional>

#include "experiments/trainer/learner.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

// Begins to copy a step's loss, metrics and norms to the CPU, behind what the
// device has been given so far; Wait() is over once they are there, whatever
// the device has been given since. (An item() asked for later would wait for
// that, too, and the next step may overwrite what is read.) On the CPU nothing
// is copied and nothing waits.
class ReadBack {
 public:
  explicit ReadBack(at::Device device) : device_(device) {}

  // Replaces the record's values, and `news` where it is defined, by copies
  // that are on their way. Features and embeddings are copied where they are to
  // be looked at, else left away.
  void Begin(bool with_features, StepRecord* record, at::Tensor* news);

  // After Begin(); then the copies can be read. Throws as a collective does
  // where the device waits for a lost peer.
  void Wait(ProcessGroup& group) const;

 private:
  void Fetch(at::Tensor* tensor) const;

  at::Device device_;
  std::optional<c10::Event> event_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_READ_BACK_H_
