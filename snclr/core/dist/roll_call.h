// SPDX-License-Identifier: MIT
// All ranks come together before anything is exchanged.
#ifndef SNCLR_CORE_DIST_ROLL_CALL_H_
#define SNCLR_CORE_DIST_ROLL_CALL_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "snclr/core/dist/meeting_point.h"
#include "snclr/core/dist/rendezvous.h"

namespace snclr {

struct RollCallOptions {
  Rendezvous place;
  // What has to be the same on all ranks, for instance {"spec", its hash}.
  std::vector<std::pair<std::string, std::string>> must_agree;
  // The address by which this rank reached rank 0.
  std::string reached;
  absl::Duration limit;
  // Told for whom it waits, each time that changes: "ranks 1, 3 of 4 to come to
  // node01:29500". From the thread that calls CallRoll.
  std::function<void(const std::string&)> waiting_for;
};

struct RollCall {
  std::vector<std::string> names;  // "rank 3 (node07)", in rank order
  // The address by which another host reached rank 0's; empty where all ranks
  // are on one.
  std::string address_of_rank_0;
};

// Says that this rank is there, and returns once all are. Rank 0 judges, and
// every rank returns its verdict; where that is an error, rank 0 stays for a
// few seconds more so that those who come late hear it too:
//   Unavailable         ranks are missing after `limit`, which are named; or
//                       rank 0 has ended
//   InvalidArgument     two processes have one rank, or another size
//   FailedPrecondition  ranks disagree in something of must_agree
//   Aborted             this rank was started again, and found the attempt
//                       before, which is failing, still there: connect anew
//                       until its rank 0 has ended
// Leaves a beat and an empty verdict for Liveness.
absl::StatusOr<RollCall> CallRoll(MeetingPoint& point,
                                  const RollCallOptions& options);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_ROLL_CALL_H_
