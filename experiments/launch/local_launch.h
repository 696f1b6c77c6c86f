// SPDX-License-Identifier: MIT
// A run's ranks on this machine, started again after a failure where the spec
// allows it (parallelism.restarts).
//
// With several nodes, each has a launcher of its own, and they do not talk.
// When a rank dies, the ranks of all nodes end, naming it, so every launcher
// counts a failure and starts its ranks again, and they meet at the same
// address: the rendezvous waits for whoever is late (join_group.h, about a
// minute). Limits: a launcher that was killed itself is for a person to start
// again, within that time; where one node has used up its restarts the others'
// last attempt ends at the rendezvous.
#ifndef EXPERIMENTS_LAUNCH_LOCAL_LAUNCH_H_
#define EXPERIMENTS_LAUNCH_LOCAL_LAUNCH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/launch/placement.h"
#include "experiments/launch/train_command.h"
#include "experiments/proto/experiment.pb.h"

namespace snclr {

struct LocalLaunchOptions {
  TrainCommand command;
  ExperimentSpec spec;  // resolved
  Topology topology;
  // Of rank 0. Left out, on one machine: the loopback device, and a free port,
  // a new one for each attempt.
  std::string master_address;
  int master_port = 0;
  bool pin = true;
  absl::Duration grace;  // from a wish to end to SIGKILL
  bool plan = false;     // says what would be started, and starts nothing
};

// Returns the launcher's exit status: 0; 2 where a rank found the input wrong;
// 128 plus the signal that stopped the run. A failure that is not made good is
// Aborted, with the rank, the restarts and the checkpoint there is.
absl::StatusOr<int> LaunchLocally(const LocalLaunchOptions& options);

// "host:port", of --master.
struct HostPort {
  std::string host;
  int port = 0;
};
absl::StatusOr<HostPort> ParseHostPort(const std::string& text);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_LOCAL_LAUNCH_H_
