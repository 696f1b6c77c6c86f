// SPDX-License-Identifier: MIT
// The command line of //experiments:train for one trial.
#ifndef EXPERIMENTS_SWEEP_TRIAL_ORDER_H_
#define EXPERIMENTS_SWEEP_TRIAL_ORDER_H_

#include <cstdint>
#include <string>

#include "experiments/sweep/launcher.h"

namespace snclr {

// All paths are absolute.
struct TrialOrder {
  std::string program;
  std::string spec;
  std::string out;
  std::string db;
  std::string log;
  std::string run;        // the folder to go on in; "": a new run
  int64_t max_steps = 0;  // 0: to the end
};

TrialCommand CommandOf(const std::string& hash, const TrialOrder& order);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_TRIAL_ORDER_H_
