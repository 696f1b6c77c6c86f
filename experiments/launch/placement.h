// SPDX-License-Identifier: MIT
// Which rank gets which cores and which GPU of this machine.
#ifndef EXPERIMENTS_LAUNCH_PLACEMENT_H_
#define EXPERIMENTS_LAUNCH_PLACEMENT_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace snclr {

// All processes of a run, and those that this machine starts: ranks
// node_rank x procs_per_node, ... The others are started elsewhere.
struct Topology {
  int nodes = 1;
  int procs_per_node = 1;
  int node_rank = 0;

  int ranks() const { return nodes * procs_per_node; }  // W
  int first_rank() const { return node_rank * procs_per_node; }
};

struct Machine {
  std::vector<int> cores;            // numbers
  std::vector<std::string> devices;  // GPUs, as in CUDA_VISIBLE_DEVICES
};

struct PlacementOptions {
  bool pin = true;    // a share of the cores for each process
  int threads = 0;    // of each process; 0: the cores divided
  bool gloo = false;  // by name: then processes may share a GPU
};

struct Placement {
  int rank = 0;
  int local_rank = 0;
  std::vector<int> cores;             // empty: not pinned
  int threads = 1;                    // OMP_NUM_THREADS
  std::optional<std::string> device;  // nothing: a machine without GPUs
};

// GPUs that a process of this machine sees: of `count` those that
// CUDA_VISIBLE_DEVICES, where it is set (may be null), leaves.
std::vector<std::string> VisibleDevices(int count, const char* visible);

// The cores that this process may use, and its NVIDIA GPUs.
Machine ThisMachine();

// Contiguous shares of the cores in the order of the ranks; no process is
// pinned where there are more processes than cores. Each process gets a GPU of
// its own. InvalidArgument where there are fewer GPUs (but at least one) than
// processes; over Gloo they take turns.
absl::StatusOr<std::vector<Placement>> PlaceRanks(
    const Topology& topology, const Machine& machine,
    const PlacementOptions& options);

// What a rank finds in its environment: RANK, WORLD_SIZE, LOCAL_RANK,
// LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT, OMP_NUM_THREADS and, where there
// are GPUs, CUDA_VISIBLE_DEVICES.
std::map<std::string, std::string> RankVariables(
    const Placement& placement, const Topology& topology,
    const std::string& master_address, int master_port);

// "0-3,8".
std::string FormatCores(const std::vector<int>& cores);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_PLACEMENT_H_
