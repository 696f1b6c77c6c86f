// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_DIST_JOIN_GROUP_H_
#define SNCLR_CORE_DIST_JOIN_GROUP_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/dist/rendezvous.h"

namespace snclr {

struct GroupOptions {
  enum class Backend { kGloo, kNccl };  // CPU tensors; CUDA tensors

  Rendezvous place;
  Backend backend = Backend::kGloo;
  // A rank that keeps the others waiting in an exchange for this long, or is
  // silent for this long, is taken for lost. Time in which this process stands
  // still (a debugger, Slurm's suspend) does not count. At least a second.
  absl::Duration timeout = absl::Minutes(10);
  // How long ranks wait for each other at the start: rank 0 for the others, and
  // they for rank 0.
  absl::Duration join_timeout = absl::Minutes(10);
  // Once the group is over, a process whose main thread hangs is ended by force
  // after this long.
  absl::Duration end_within = absl::Seconds(30);
  // What has to be the same on all ranks: a name for the message and a value of
  // one line, for instance {"spec", its hash}, {"program", its hash}.
  std::vector<std::pair<std::string, std::string>> must_agree;
};

// The group of all ranks, once all have come. With W = 1 a SingleProcess, which
// needs no network.
//
// Else the process no longer dies of SIGPIPE, unless it handles it. Rank 0
// opens place.port on all its addresses, and the others connect to
// place.address. Exchanges go over the network interface on which a rank
// reaches rank 0, or over those that GLOO_SOCKET_IFNAME names (comma-separated;
// NCCL reads NCCL_SOCKET_IFNAME itself). Two threads of each process watch over
// the others and over its own end (liveness.h). With NCCL the caller has made
// its device current.
//
// A rank that waits logs for whom, one line after ten seconds and then rarely,
// the first process of each host for all. One that was started again waits
// until the attempt before has ended.
//
// Errors, in one line, on every rank that can still be told:
// - InvalidArgument: a wrong option; no such host; two processes with one rank,
// or of two sizes
// - AlreadyExists: rank 0's port is taken
// - FailedPrecondition: the ranks disagree in must_agree; NCCL without CUDA
// - Unavailable: rank 0 is not reached, or something else answers in its place,
// or ranks are missing (named)
//
// Returns within about twice join_timeout and three minutes whatever the others
// do. The process may then end at once; nothing is left that it has to wait
// for.
absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinGroup(
    const GroupOptions& options);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_JOIN_GROUP_H_
