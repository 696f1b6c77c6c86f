// SPDX-License-Identifier: MIT
// Run folders that a database does not know: it was lost, or is another one, or
// the process was killed before it could register its run.
#ifndef EXPERIMENTS_TRACKER_ADOPT_H_
#define EXPERIMENTS_TRACKER_ADOPT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

// Brings the runs in these folders into the database at `db_path` (made if
// missing) from their logs, which have all that the tracker knows of a run. A
// folder that is known, or has no log yet, is passed over.
absl::Status AdoptRuns(const std::string& db_path,
                       const std::vector<std::string>& folders);

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_ADOPT_H_
