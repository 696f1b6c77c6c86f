// SPDX-License-Identifier: MIT
#include "snclr/core/dist/join_group.h"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/c10d_group.h"
#include "snclr/core/dist/gloo_backend.h"
#include "snclr/core/dist/liveness.h"
#include "snclr/core/dist/meeting_point.h"
#include "snclr/core/dist/nccl_backend.h"
#include "snclr/core/dist/network_path.h"
#include "snclr/core/dist/roll_call.h"
#include "snclr/core/dist/shown_seconds.h"

namespace snclr {
namespace {

using Joined = absl::StatusOr<std::unique_ptr<ProcessGroup>>;

// One attempt to join. It runs on a thread of its own: with rank 0 stopped, or
// a stranger at its port, a call may never return, and is left behind.
struct Attempt {
  GroupOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::string doing;
  std::optional<Joined> result;

  void Say(std::string what) {
    const std::lock_guard<std::mutex> lock(mutex);
    doing = std::move(what);
  }
};

// Gloo writes to connections whose other end may be gone, and counts on the
// signal being off, as Python has it: else a lost peer kills this process
// without a word. Whoever handles the signal keeps doing so.
void IgnoreBrokenPipes() {
  struct sigaction now = {};
  sigaction(SIGPIPE, nullptr, &now);
  if (now.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

std::string Where(const Rendezvous& place) {
  return absl::StrCat(place.address, ":", place.port);
}

absl::Status WithContext(const absl::Status& status, const std::string& what,
                         const std::string& advice) {
  return absl::Status(status.code(),
                      absl::StrCat(what, ": ", status.message(), ". ", advice));
}

absl::StatusOr<std::unique_ptr<MeetingPoint>> Connect(
    const GroupOptions& options, bool serve) {
  const Rendezvous& place = options.place;
  auto point = MeetingPoint::Open(place.address, place.port, serve,
                                  options.join_timeout);
  if (point.ok()) return point;
  if (point.status().code() == absl::StatusCode::kAlreadyExists) {
    return absl::AlreadyExistsError(absl::StrCat(
        "rank 0 cannot listen at port ", place.port, " of ", place.address,
        ": another program does. An earlier run that has not ended, or another "
        "job: choose another MASTER_PORT (parallelism.master_port)"));
  }
  return WithContext(
      point.status(),
      absl::StrCat("rank ", place.rank, " cannot use the meeting point at ",
                   Where(place)),
      "Is it rank 0 of this run that listens there?");
}

absl::StatusOr<NetworkPath> Reach(const GroupOptions& options) {
  const Rendezvous& place = options.place;
  auto path = PathTo(place.address, place.port, options.join_timeout);
  if (path.ok()) return path;
  if (place.rank == 0) {
    return WithContext(
        path.status(),
        absl::StrCat("rank 0 cannot reach itself at ", Where(place)),
        "MASTER_ADDR has to be an address of rank 0's host");
  }
  return WithContext(
      path.status(), absl::StrCat("cannot reach rank 0 at ", Where(place)),
      absl::StrCat("Check that rank 0 was started (waited ",
                   ShownSeconds(options.join_timeout),
                   "), that MASTER_ADDR and MASTER_PORT are the same on all "
                   "ranks, and that no firewall is between"));
}

// The interfaces over which the other ranks reach this one.
absl::StatusOr<std::vector<std::string>> Interfaces(const NetworkPath& path,
                                                    const RollCall& roll) {
  if (const auto named = FromEnvironment("GLOO_SOCKET_IFNAME");
      named && !named->empty()) {
    return std::vector<std::string>(absl::StrSplit(*named, ','));
  }
  // A rank on rank 0's host reaches it without a network; others do not.
  const bool aside = IsLoopback(path.local) && !roll.address_of_rank_0.empty();
  ASSIGN_OR_RETURN(const std::string interface,
                   InterfaceOf(aside ? roll.address_of_rank_0 : path.local));
  return std::vector<std::string>{interface};
}

absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeBackend(
    Attempt& attempt, const MeetingPoint& point, const NetworkPath& path,
    const RollCall& roll) {
  const GroupOptions& options = attempt.options;
  const Rendezvous& place = options.place;
  c10::intrusive_ptr<c10d::Backend> backend;
  if (options.backend == GroupOptions::Backend::kNccl) {
    // Longer than the group's own, which can say who is to blame.
    const absl::Duration timeout = 2 * options.timeout + absl::Minutes(1);
    RETURN_IF_ERROR(CatchTorch([&] {
      backend = MakeNcclBackend(point.store(), place.rank, place.size, timeout);
      return absl::OkStatus();
    }));
    return backend;
  }
  ASSIGN_OR_RETURN(const auto interfaces, Interfaces(path, roll));
  const std::string what =
      absl::StrCat("connecting to all other ranks over the network interface ",
                   absl::StrJoin(interfaces, ","));
  attempt.Say(what);
  const absl::Status status = CatchTorch([&] {
    backend =
        MakeGlooBackend(point.store(), place.rank, place.size, interfaces);
    return absl::OkStatus();
  });
  if (status.ok()) return backend;
  return absl::UnavailableError(absl::StrCat(
      roll.names[place.rank], ", ", what, ": ", status.message(),
      ". Set GLOO_SOCKET_IFNAME where the hosts share another network"));
}

Joined Join(Attempt& attempt) {
  const GroupOptions& options = attempt.options;
  const Rendezvous& place = options.place;
  C10dGroup::Parts parts;
  attempt.Say(absl::StrCat("connecting to rank 0 at ", Where(place)));
  if (place.rank == 0) {
    ASSIGN_OR_RETURN(parts.point, Connect(options, /*serve=*/true));
  }
  ASSIGN_OR_RETURN(const NetworkPath path, Reach(options));
  if (place.rank != 0) {
    ASSIGN_OR_RETURN(parts.point, Connect(options, /*serve=*/false));
  }
  attempt.Say("waiting for all ranks");
  RollCallOptions call;
  call.place = place;
  call.must_agree = options.must_agree;
  call.reached = path.remote;
  call.limit = options.join_timeout;
  ASSIGN_OR_RETURN(const RollCall roll, CallRoll(*parts.point, call));
  ASSIGN_OR_RETURN(parts.backend,
                   MakeBackend(attempt, *parts.point, path, roll));

  // A connection of its own, as it may be stuck there.
  ASSIGN_OR_RETURN(auto beats, Connect(options, /*serve=*/false));
  Liveness::Options liveness;
  liveness.rank = place.rank;
  liveness.names = roll.names;
  liveness.timeout = options.timeout;
  liveness.beat = std::min(options.timeout / 10, absl::Seconds(1));
  parts.liveness = std::make_unique<Liveness>(std::move(beats), liveness);
  parts.names = roll.names;
  parts.rank = place.rank;
  parts.timeout = options.timeout;
  if (options.backend == GroupOptions::Backend::kNccl) {
    parts.device = at::kCUDA;
    parts.abort = AbortNccl;
  }
  return std::make_unique<C10dGroup>(std::move(parts));
}

absl::Status Check(const GroupOptions& options) {
  const Rendezvous& place = options.place;
  if (place.rank < 0 || place.rank >= place.size) {
    return absl::InvalidArgumentError(
        absl::StrCat("no rank ", place.rank, " among ", place.size));
  }
  if (options.timeout < absl::Seconds(1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a time-out of ", ShownSeconds(options.timeout),
                     " between ranks; wanted a second or more"));
  }
  if (options.backend == GroupOptions::Backend::kNccl) return NcclIsThere();
  return absl::OkStatus();
}

}  // namespace

Joined JoinGroup(const GroupOptions& options) {
  RETURN_IF_ERROR(Check(options));
  if (options.place.size == 1) return std::make_unique<SingleProcess>();
  IgnoreBrokenPipes();

  const auto attempt = std::make_shared<Attempt>();
  attempt->options = options;
  std::thread([attempt] {
    std::optional<Joined> result;
    const absl::Status status = CatchTorch([&] {
      result = Join(*attempt);
      return absl::OkStatus();
    });
    if (!status.ok()) result = Joined(status);
    const std::lock_guard<std::mutex> lock(attempt->mutex);
    attempt->result = std::move(result);
    attempt->changed.notify_all();
  }).detach();

  const absl::Duration limit = 2 * options.join_timeout + absl::Seconds(10);
  std::unique_lock<std::mutex> lock(attempt->mutex);
  attempt->changed.wait_for(lock, absl::ToChronoMilliseconds(limit),
                            [&] { return attempt->result.has_value(); });
  if (attempt->result.has_value()) return *std::move(attempt->result);
  return absl::UnavailableError(absl::StrCat(
      "rank ", options.place.rank, " got no answer for ", ShownSeconds(limit),
      " while ", attempt->doing, ". Check that ", Where(options.place),
      " is rank 0 of this run and that it, and the network, still work"));
}

}  // namespace snclr
