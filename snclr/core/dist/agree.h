// SPDX-License-Identifier: MIT
// Short words among the ranks of a run, away from its steps: which text rank 0
// means, what each has found, and whether all are well. An error that one rank
// alone would return leaves the others waiting for it; so phases that can fail
// end with Agree().
#ifndef SNCLR_CORE_DIST_AGREE_H_
#define SNCLR_CORE_DIST_AGREE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

// Each is called by every rank, in the same order, and returns Unavailable
// where a peer is lost. None needs a network where W = 1.

// OK where `own` is on every rank; else, on all of them, the first rank's that
// is not, with its name before the message where W > 1.
absl::Status Agree(const absl::Status& own, ProcessGroup& group);

// Rank 0's text.
absl::StatusOr<std::string> TextOfRankZero(const std::string& own,
                                           ProcessGroup& group);

// Every rank's, in rank order.
absl::StatusOr<std::vector<std::string>> TextsOfAll(const std::string& own,
                                                    ProcessGroup& group);

// OK where all have the same text; else FailedPrecondition on all, naming the
// first rank that differs: "<rank 2 (node03)> has <what> <its text>, <rank 0
// (node01)> <its text>".
absl::Status CheckSameOnAll(const std::string& what, const std::string& own,
                            ProcessGroup& group);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_AGREE_H_
