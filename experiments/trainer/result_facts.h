// SPDX-License-Identifier: MIT
// What came out of a run, in the lines that it prints last.
#ifndef EXPERIMENTS_TRAINER_RESULT_FACTS_H_
#define EXPERIMENTS_TRAINER_RESULT_FACTS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/trainer/run_facts.h"
#include "experiments/trainer/train_options.h"

namespace snclr {

// How a run went, beside its result.
struct RunCost {
  int64_t total_steps = 0;       // of the whole schedule
  absl::Duration time;           // this process's
  double images_per_second = 0;  // while it trained
  std::string checkpoint;        // path of the newest; empty: none
};

// "Finished after 1,116 steps: quickstart/001, weights f1e77ad857b564e7".
std::string ResultTitle(const TrainResult& result, const RunCost& cost);

// Accuracies, time, where everything is, how to see more or go on.
Facts ResultFacts(const TrainResult& result, const RunCost& cost,
                  const ExperimentSpec& spec, const TrainOptions& options);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_RESULT_FACTS_H_
