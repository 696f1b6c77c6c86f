// SPDX-License-Identifier: MIT
// Slurm's commands, as sweeps and launches use them: sbatch and scontrol in the
// PATH, no accounting database.
#ifndef EXPERIMENTS_PROCESS_SLURM_H_
#define EXPERIMENTS_PROCESS_SLURM_H_

#include <string>

#include "absl/status/statusor.h"

namespace snclr {

// Submits a batch script; the number of its job.
absl::StatusOr<std::string> SubmitToSlurm(const std::string& script);

struct SlurmJob {
  std::string state;    // "PENDING", "RUNNING", "COMPLETED", ...
  std::string reason;   // why it waits: "Resources"; "None"
  std::string nodes;    // "node[01-04]"; empty before it runs
  int exit_status = 0;  // of the batch script, when it has ended
  int signal = 0;       // that ended it
  int restarts = 0;     // how often it was requeued
};

// What the controller says of a job ("123") or an array's task ("123_4").
// Unavailable where it does not answer, or has forgotten it: by default it
// remembers one for five minutes after its end.
absl::StatusOr<SlurmJob> AskSlurmJob(const std::string& job);

// The same from the text of `scontrol show job -o`.
SlurmJob ParseSlurmJob(const std::string& text);

}  // namespace snclr

#endif  // EXPERIMENTS_PROCESS_SLURM_H_
