// SPDX-License-Identifier: MIT
// Bringing a run's log into the database. How far each log has come stands in
// the database and moves in the same transaction as what was read, so a log may
// be brought in by several processes, at any time and any number of times.
#ifndef EXPERIMENTS_TRACKER_INGEST_H_
#define EXPERIMENTS_TRACKER_INGEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/tracker/database.h"

namespace snclr {

// The id of the run in `folder`, which gets a row if it has none.
absl::StatusOr<int64_t> RegisterRun(Database& database,
                                    const std::string& folder);

// A power cut may take the log's end after the database had it: what is
// appended at `end`, the length the log has now, must still be brought in.
absl::Status RewindTo(Database& database, int64_t run_id, int64_t end);

// Reads what is new in the log of `folder`, the run `run_id`, in transactions
// of about two megabytes. Returns what should be said about it: damage that was
// skipped (which also becomes a note of the run). NotFound where there is no
// log; else errors of ReadRunLog and Database.
//
// A start that resumes at a step removes the metrics and notes after it; one
// that begins anew removes all. Events of a run that was taken for dead bring
// it back to life.
absl::StatusOr<std::vector<std::string>> IngestRunLog(
    Database& database, int64_t run_id, const std::string& folder);

// The same for the log of evaluations beside it. Only its metrics, artifacts
// and notes count: whatever it says, the run's status, times and heartbeat stay
// as they are. A start of the run that removes what came after its checkpoint
// leaves it to be brought in again, as evaluations are of checkpoints that were
// there.
absl::StatusOr<std::vector<std::string>> IngestEvaluationLog(
    Database& database, int64_t run_id, const std::string& folder);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_INGEST_H_
