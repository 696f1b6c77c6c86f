// SPDX-License-Identifier: MIT
// A sweep's trials as tables for a person.
#ifndef EXPERIMENTS_SWEEP_OVERVIEW_H_
#define EXPERIMENTS_SWEEP_OVERVIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "experiments/sweep/assess.h"
#include "experiments/sweep/estimate.h"
#include "experiments/sweep/history.h"
#include "experiments/sweep/trials.h"

namespace snclr {

// All there is to say; borrowed, entries by trial.
struct Overview {
  const std::vector<Trial>& trials;
  const History& history;
  const std::vector<Assessment>& assessments;
  const std::vector<int64_t>& steps_per_epoch;  // empty: not known
  int max_attempts = 1;
};

// "finished: neighbors/001, k-NN top-1 52.1 %", "to run", "to run, failed 1 of
// 3 times", "given up: <why>", ...
std::string StatusText(const Overview& overview, size_t trial);

// One row a trial: axis values, seed, hash, status. For --plan.
std::vector<std::vector<std::string>> PlanRows(const Overview& overview);

// One row a trial: axis values, seed, status, epoch, loss, k-NN, time left;
// those that run first where `most` rows is not enough for all, and how many
// are left out in the last row. For a terminal.
std::vector<std::vector<std::string>> LiveRows(const Overview& overview,
                                               size_t most);

// "3 of 15 finished, 2 running, 10 to go".
std::string CountText(const Overview& overview);

// Steps that are still to be done, of every trial that is running or due; a
// rung counts as the end, since nobody knows who goes on.
std::vector<int64_t> StepsLeft(const Overview& overview);

// How long the trials that are not finished take with `jobs` at once; nothing
// where the speed of one is not known. `source` is filled with where the
// estimate is from.
std::optional<absl::Duration> TimeLeft(const Overview& overview,
                                       const Estimator& estimator, int jobs,
                                       std::string* source);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_OVERVIEW_H_
