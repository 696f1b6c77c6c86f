// SPDX-License-Identifier: MIT
// Which of how many processes this one is, and where they meet.
#ifndef SNCLR_CORE_DIST_RENDEZVOUS_H_
#define SNCLR_CORE_DIST_RENDEZVOUS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace snclr {

struct Rendezvous {
  int64_t rank = 0;        // in [0, size)
  int64_t size = 1;        // W
  int64_t local_rank = 0;  // among the processes of this host
  int64_t local_size = 1;
  std::string address;  // rank 0's host; empty where W = 1
  int port = 0;         // on that host, 1 to 65535; 0 where W = 1
};

// Where they meet, for messages: "node01:29500", "[fe80::1]:29500".
std::string Where(const Rendezvous& place);

// The value of an environment variable. One that is empty counts as not set.
using Lookup = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> FromEnvironment(const char* name);

// Reads, in this order:
//
// - torchrun's RANK and WORLD_SIZE, LOCAL_RANK and LOCAL_WORLD_SIZE (0 and 1
//   where they are left out), MASTER_ADDR and MASTER_PORT;
// - those that srun gives each task: SLURM_PROCID, SLURM_STEP_NUM_TASKS,
//   SLURM_LOCALID and so on. The address is the first host of the step, where
//   rank 0 is unless srun is told --distribution=arbitrary; the port is
//   20000 + (10 job + step) mod 10000, so that jobs that share a host meet at
//   different ports;
// - nothing: one process alone. So is a shell of salloc, and an sbatch script,
//   which are no tasks of a step.
//
// An address (not empty) and a port (not 0) of the spec come before both. One
// of IPv6 may stand in brackets, which are no part of `address`.
// InvalidArgument, in one line with the variable and its value, where they do
// not fit together.
absl::StatusOr<Rendezvous> FindRendezvous(
    absl::string_view address_from_spec, int port_from_spec,
    const Lookup& lookup = FromEnvironment);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_RENDEZVOUS_H_
