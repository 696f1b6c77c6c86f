// SPDX-License-Identifier: MIT
#include "experiments/launch/launch.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/launch/local_launch.h"
#include "experiments/launch/slurm_launch.h"
#include "experiments/proto/spec.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

absl::Status CheckBatch(const LaunchSpec& launch, const ExperimentSpec& spec,
                        const std::string& path) {
  const int ranks = launch.nodes() * launch.procs_per_node();
  const int batch = spec.data().global_batch();
  if (batch % ranks == 0) return absl::OkStatus();
  const int below = batch - batch % ranks, above = below + ranks;
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": data.global_batch: ", batch, " images cannot be divided among ",
      ranks, " ranks (", launch.nodes(), " nodes x ", launch.procs_per_node(),
      " processes); ",
      below == 0 ? absl::StrCat("the smallest is ", above)
                 : absl::StrCat("the nearest are ", below, " and ", above)));
}

absl::StatusOr<LocalLaunchOptions> LocalOptions(const LaunchOptions& options,
                                                const LaunchSpec& launch,
                                                ExperimentSpec spec) {
  LocalLaunchOptions local;
  local.command = options.command;
  local.topology.nodes = launch.nodes();
  local.topology.procs_per_node = launch.procs_per_node();
  local.topology.node_rank = options.node_rank.value_or(0);
  local.master_address = spec.parallelism().master_address();
  local.master_port = spec.parallelism().master_port();
  if (!options.master.empty()) {
    ASSIGN_OR_RETURN(const HostPort master, ParseHostPort(options.master));
    // The ranks go by their spec before their environment.
    if (!local.master_address.empty() || local.master_port != 0) {
      local.command.set.push_back("parallelism.master_address=" + master.host);
      local.command.set.push_back(
          absl::StrCat("parallelism.master_port=", master.port));
    }
    local.master_address = master.host;
    local.master_port = master.port;
  }
  if (launch.nodes() > 1) {
    if (!options.node_rank) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--node_rank is missing: which of the ", launch.nodes(),
          " nodes this machine is, from 0; each runs this command"));
    }
    if (local.master_address.empty() || local.master_port == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--master is missing: HOST:PORT of node 0, where the ranks of ",
          launch.nodes(), " nodes meet, such as --master=node01:29500"));
    }
  }
  if (local.topology.node_rank < 0 ||
      local.topology.node_rank >= launch.nodes()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--node_rank=", local.topology.node_rank, ": wanted 0 to ",
        launch.nodes() - 1,
        launch.nodes() == 1
            ? ", as there is 1 node"
            : absl::StrCat(", as there are ", launch.nodes(), " nodes")));
  }
  local.spec = std::move(spec);
  local.pin = options.pin;
  local.grace = options.grace;
  local.plan = options.plan;
  return local;
}

}  // namespace

absl::StatusOr<int> RunLaunch(const LaunchOptions& options) {
  if (options.launcher != "local" && options.launcher != "slurm") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--launcher: wanted local or slurm, got '", options.launcher, "'"));
  }
  if (options.command.spec.empty()) {
    return absl::InvalidArgumentError(
        "--spec is missing; for a first run: "
        "--spec=experiments/specs/quickstart.textproto");
  }
  if (options.command.max_steps < 0) {
    return absl::InvalidArgumentError("--max_steps is negative");
  }
  if (!(options.grace >= absl::ZeroDuration()) ||
      options.grace == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(
        "--grace_seconds: wanted a number of seconds, 0 or more");
  }
  if (access(options.command.program.c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(
        "--program=", options.command.program, ": ", std::strerror(errno)));
  }
  ASSIGN_OR_RETURN(LaunchSpec launch,
                   ReadLaunchSpec(options.launch_file, options.launch_set));
  ASSIGN_OR_RETURN(ExperimentSpec spec,
                   LoadSpec(options.command.spec, options.command.set));
  RETURN_IF_ERROR(CheckBatch(launch, spec, options.command.spec));
  if (options.launcher == "local") {
    for (const LaunchAssignment& assignment : options.launch_set) {
      if (absl::StartsWith(assignment.text, "slurm.")) {
        return absl::InvalidArgumentError(
            absl::StrCat(assignment.flag, " is for --launcher=slurm"));
      }
    }
    ASSIGN_OR_RETURN(const LocalLaunchOptions local,
                     LocalOptions(options, launch, std::move(spec)));
    return LaunchLocally(local);
  }
  if (options.node_rank || !options.master.empty()) {
    return absl::InvalidArgumentError(
        "--node_rank and --master are for --launcher=local; Slurm places the "
        "ranks itself");
  }
  SlurmLaunchOptions slurm;
  slurm.command = options.command;
  slurm.spec = std::move(spec);
  slurm.launch = std::move(launch);
  slurm.follow = options.follow;
  slurm.plan = options.plan;
  return LaunchWithSlurm(slurm);
}

}  // namespace snclr
