// SPDX-License-Identifier: MIT
// What has become of a sweep's trials so far: the tracker and the run folders,
// whoever started the runs.
#ifndef EXPERIMENTS_SWEEP_HISTORY_H_
#define EXPERIMENTS_SWEEP_HISTORY_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/sweep/trials.h"
#include "experiments/tracker/tracker.h"

namespace snclr {

enum class TrialStatus {
  kNew,         // no run that could go on
  kRunning,     // a live process trains it
  kUnfinished,  // stopped, interrupted or failed: a run to resume
  kFinished,
};

struct TrialState {
  TrialStatus status = TrialStatus::kNew;
  int64_t run_id = -1;  // in the tracker; -1: it does not know the run
  std::string run;      // "neighbors/004"; "" for a new one
  std::string folder;   // absolute
  int64_t step = 0;     // the newest one recorded
  bool failed = false;  // the tracker has it as failed
  std::string reason;   // the tracker's, why it ended

  // The result is in the tracker, the run's folder has been deleted. The result
  // counts: that is what a sweep is for. A checkpoint is not there any more.
  bool folder_gone = false;
};

struct HistoryOptions {
  std::string out;  // absolute
  std::string db;   // absolute
  // Brings run folders that the tracker does not know into it; else they are
  // only read.
  bool adopt = true;
  // A finished run without its folder does not count.
  bool rerun_missing = false;
  // The hashes of trials whose process is known to live, from its start on.
  std::set<std::string> alive;
};

struct History {
  std::vector<TrialState> states;    // one for each trial
  std::unique_ptr<Tracker> tracker;  // null: there is none yet
  std::vector<std::string> warnings;
};

// A run is a trial's where the hashes of their specs are equal. Of several runs
// a finished one counts first, then one that is running, then the one that got
// furthest.
absl::StatusOr<History> LookUp(const std::vector<Trial>& trials,
                               const HistoryOptions& options);

// How a run stands in numbers; NaN where nothing is recorded.
struct RunNumbers {
  int64_t step = 0;
  double epoch;
  double loss;
  double knn_top1;
  double images_per_second;
};
RunNumbers ReadNumbers(const Tracker& tracker, int64_t run_id);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_HISTORY_H_
