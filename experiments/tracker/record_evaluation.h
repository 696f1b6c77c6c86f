// SPDX-License-Identifier: MIT
// What was measured on a checkpoint of a run by another process than the run's
// own: a linear probe a week later, or while the run is still going.
#ifndef EXPERIMENTS_TRACKER_RECORD_EVALUATION_H_
#define EXPERIMENTS_TRACKER_RECORD_EVALUATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/tracker/recorder.h"

namespace snclr {

// Whether the folder is that of a run: it has a run's log.
bool IsRunFolder(const std::string& folder);

struct EvaluationRecord {
  std::string run_folder;            // absolute
  std::string spec_hash;             // of the checkpoint's spec
  int64_t step = 0;                  // of the checkpoint
  std::vector<MetricValue> metrics;  // "linear_top1"
  std::string note;                  // how it was measured, for a reader
};

// Appends the record to the run's log of evaluations (kEvaluationLogName) and
// brings that into the database, beside the run's own metrics. The run may be
// going on meanwhile: its log, status and heartbeat are not touched. A value at
// one step and name replaces the one before. Once this returns the record is on
// the disk; where the database is busy the next command that opens the tracker
// brings it in. Returns the run, "<name>/<id>".
//   NotFound             there is no such database, or the folder's run is not
//                        in it; nothing was written
//   FailedPrecondition   the run has another spec: the checkpoint is not its
//   otherwise            what RunLog and Database say
absl::StatusOr<std::string> RecordEvaluation(const std::string& db_path,
                                             const EvaluationRecord& record);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_RECORD_EVALUATION_H_
