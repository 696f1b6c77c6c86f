// SPDX-License-Identifier: MIT
// What a process that opens the tracker does for runs that have not ended.
#ifndef EXPERIMENTS_TRACKER_CATCH_UP_H_
#define EXPERIMENTS_TRACKER_CATCH_UP_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/tracker/database.h"

namespace snclr {

// A run whose last sign of life is older than this many heartbeats is lost.
inline constexpr int kLostAfterHeartbeats = 4;

struct CaughtUp {
  std::set<int64_t> lost;             // runs that are marked as interrupted
  std::vector<std::string> warnings;  // one line each
};

// Brings in the logs of runs that are running or interrupted, and the logs of
// evaluations of all runs that have grown, then finds the
// running ones whose process is gone: on this machine since its last start, one
// whose log is not locked; elsewhere, one without a heartbeat for too long.
// With `writable` these are marked in the database; else nothing is brought in
// and nothing marked.
absl::StatusOr<CaughtUp> CatchUp(Database& database, absl::Time now,
                                 bool writable);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_CATCH_UP_H_
