// SPDX-License-Identifier: MIT
#include "experiments/launch/local_launch.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/launch/local_ranks.h"
#include "experiments/launch/rank_output.h"
#include "experiments/launch/run_state.h"
#include "experiments/launch/supervise.h"
#include "experiments/process/pass_on_signals.h"
#include "experiments/trainer/environment.h"
#include "experiments/trainer/format.h"
#include "experiments/trainer/progress.h"
#include "snclr/core/base/child_process.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/dist/free_port.h"

namespace snclr {
namespace {

using Kind = AttemptEnd::Kind;

constexpr char kLoopback[] = "127.0.0.1";
constexpr absl::Duration kLongestBackOff = absl::Seconds(30);
// Ranks that lost a peer say so within moments where the network tells them.
constexpr absl::Duration kPeersEndWithin = absl::Seconds(30);

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

std::string Counted(int count, const std::string& noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

class LocalLaunch {
 public:
  LocalLaunch(const LocalLaunchOptions& options,
              std::vector<Placement> placements)
      : options_(options),
        placements_(std::move(placements)),
        signals_({SIGINT, SIGTERM, SIGHUP, SIGUSR1}),
        live_(IsTerminal(stdout) && options.topology.node_rank == 0),
        output_(stdout, stderr, RankNumbers(), live_) {}

  void Plan() {
    output_.Say(absl::StrCat(
        "launch: ", Counted(options_.topology.nodes, "node"), " of ",
        options_.topology.procs_per_node,
        options_.topology.procs_per_node == 1 ? " process, " : " processes, ",
        Counted(options_.topology.ranks(), "rank"),
        options_.topology.nodes > 1 ? absl::StrCat("; this machine is node ",
                                                   options_.topology.node_rank)
                                    : ""));
    for (const Placement& place : placements_) {
      output_.Say(absl::StrCat(
          "  rank ", place.rank, "  ", Counted(place.threads, "thread"),
          place.cores.empty() ? ", not pinned" : ", cores ",
          FormatCores(place.cores),
          place.device ? absl::StrCat(", GPU ", *place.device) : ""));
    }
    output_.Say(absl::StrCat("  they meet at ", MeetingPlace()));
    std::string command;
    for (const std::string& word : ArgumentsOf(options_.command)) {
      absl::StrAppend(&command, ShellQuoted(word), " ");
    }
    output_.Say(absl::StrCat("  each runs ", command, "--resume=",
                             ShellQuoted(options_.command.resume)));
  }

  absl::StatusOr<int> Run() {
    const int restarts = options_.spec.parallelism().restarts();
    for (int attempt = 0;; ++attempt) {
      ASSIGN_OR_RETURN(const AttemptEnd end, Attempt(attempt));
      if (end.kind == Kind::kBadInput) return 2;
      if (end.kind == Kind::kStopped) return Stopped(end.signal);
      if (end.kind == Kind::kFinished) {
        if (attempt > 0) {
          output_.Say(absl::StrCat("launch: finished after ",
                                   Counted(attempt, "restart")));
        }
        return 0;
      }
      if (HasRunSince(options_.spec, options_.command.out, began_,
                      /*finished=*/true)) {
        output_.Say("launch: the run had finished before that");
        return 0;
      }
      if (end.stop_asked || attempt == restarts) return Failed(end, attempt);
      if (const int signal = BackOff(attempt, restarts)) return Stopped(signal);
    }
  }

 private:
  std::vector<int> RankNumbers() const {
    std::vector<int> ranks;
    for (const Placement& place : placements_) ranks.push_back(place.rank);
    return ranks;
  }

  std::string MasterAddress() const {
    return options_.master_address.empty() ? kLoopback
                                           : options_.master_address;
  }

  std::string MeetingPlace() const {
    return options_.master_port == 0
               ? absl::StrCat("a free port of ", MasterAddress())
               : absl::StrCat(MasterAddress(), ":", options_.master_port);
  }

  absl::StatusOr<AttemptEnd> Attempt(int attempt) {
    int port = options_.master_port;
    if (port == 0) {
      ASSIGN_OR_RETURN(port, FreePort());
    }
    std::vector<std::string> arguments = ArgumentsOf(options_.command);
    // A new run that failed before it had a folder is begun anew once more.
    const bool again =
        attempt > 0 && HasRunSince(options_.spec, options_.command.out, began_,
                                   /*finished=*/false);
    arguments.push_back(
        absl::StrCat("--resume=", again ? ResumeAgain(options_.command.resume)
                                        : options_.command.resume));
    std::vector<RankCommand> commands;
    for (const Placement& place : placements_) {
      commands.push_back({place.rank, arguments,
                          EnvironmentWith(RankVariables(
                              place, options_.topology, MasterAddress(), port)),
                          place.cores});
    }
    LocalRanks ranks(&output_, live_);
    RETURN_IF_ERROR(ranks.Start(commands));
    SuperviseOptions supervise;
    supervise.ranks = options_.topology.ranks();
    supervise.ranks_here = options_.topology.procs_per_node;
    if (options_.topology.nodes > 1) supervise.host = HostName();
    supervise.peers_end_within =
        std::min(kPeersEndWithin,
                 absl::Seconds(options_.spec.parallelism().timeout_seconds()));
    supervise.grace = options_.grace;
    return Supervise(ranks, supervise, signals_, output_);
  }

  // Waits before the next attempt; a signal that came meanwhile, or 0.
  int BackOff(int attempt, int restarts) {
    const absl::Duration wait =
        std::min(kLongestBackOff, absl::Seconds(1 << std::min(attempt, 5)));
    const std::string checkpoint = GoesOnFrom();
    output_.Say(absl::StrCat(
        "launch: restart ", attempt + 1, " of ", restarts, " in ",
        FormatTime(wait),
        checkpoint.empty() ? "" : absl::StrCat(", from ", checkpoint)));
    const absl::Time until = absl::Now() + wait;
    while (absl::Now() < until) {
      if (const int signal = signals_.Take()) return signal;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return 0;
  }

  std::string GoesOnFrom() const {
    return NewestCheckpoint(options_.spec, options_.command.out);
  }

  int Stopped(int signal) {
    const std::string checkpoint = GoesOnFrom();
    output_.Say(absl::StrCat(
        "launch: stopped by ", SignalName(signal),
        checkpoint.empty()
            ? ""
            : absl::StrCat("; the same command goes on from ", checkpoint)));
    return 128 + signal;
  }

  absl::Status Failed(const AttemptEnd& end, int restarts) {
    const std::string checkpoint = GoesOnFrom();
    return absl::AbortedError(absl::StrCat(
        end.who, " failed: ", end.cause.empty() ? end.how : end.cause,
        restarts > 0 ? absl::StrCat(", after ", Counted(restarts, "restart"))
                     : "",
        checkpoint.empty()
            ? "; there is no checkpoint to go on from here"
            : absl::StrCat("; the same command goes on from ", checkpoint)));
  }

  const absl::Time began_ = absl::Now();
  const LocalLaunchOptions& options_;
  const std::vector<Placement> placements_;
  const PassOnSignals signals_;
  const bool live_;
  RankOutput output_;
};

}  // namespace

absl::StatusOr<int> LaunchLocally(const LocalLaunchOptions& options) {
  PlacementOptions placement;
  placement.pin = options.pin;
  placement.threads = options.spec.parallelism().threads();
  placement.gloo = options.spec.parallelism().backend() == GLOO;
  ASSIGN_OR_RETURN(std::vector<Placement> placements,
                   PlaceRanks(options.topology, ThisMachine(), placement));
  LocalLaunch launch(options, std::move(placements));
  if (!options.plan) return launch.Run();
  launch.Plan();
  return 0;
}

absl::StatusOr<HostPort> ParseHostPort(const std::string& text) {
  const size_t colon = text.rfind(':');
  HostPort result;
  if (colon == 0 || colon == std::string::npos ||
      !absl::SimpleAtoi(text.substr(colon + 1), &result.port) ||
      result.port < 1 || result.port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("--master=", text,
                     ": wanted HOST:PORT of rank 0, such as "
                     "node01:29500"));
  }
  result.host = text.substr(0, colon);
  return result;
}

}  // namespace snclr
