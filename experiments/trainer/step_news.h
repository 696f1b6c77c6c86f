// SPDX-License-Identifier: MIT
// What the ranks tell each other behind every step: how their shares of the
// batch did, and what has come to one of them and concerns all, a signal to
// stop or the time for a checkpoint. It is read back late, at the same step on
// every rank, so that all do the same without waiting for each other.
#ifndef EXPERIMENTS_TRAINER_STEP_NEWS_H_
#define EXPERIMENTS_TRAINER_STEP_NEWS_H_

#include <ATen/core/Tensor.h>

#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"

namespace snclr {

struct StepNews {
  int signal = 0;         // that asks to stop; 0: none
  bool save_now = false;  // it is time for a checkpoint
};

// Replaces the step's loss and metrics by their means over the ranks, and
// returns what all ranks' news are made of: [W, 2]; undefined where W = 1. One
// gather of a few numbers; every rank has the same metrics. Throws c10::Error.
at::Tensor ShareStep(const StepNews& own, StepOutput* output,
                     ProcessGroup& group);

// The news of all: the highest signal, and whether anyone wants to save. Waits
// for the device. Nothing where `shared` is undefined.
StepNews ReadNews(const at::Tensor& shared);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_STEP_NEWS_H_
