// SPDX-License-Identifier: MIT
#include "snclr/core/dist/join_group.h"

#include <algorithm>
#include <chrono>
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
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "snclr/core/base/logging.h"
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

// What takes a connection has this long to answer as rank 0 does.
constexpr absl::Duration kGreeting = absl::Seconds(10);
// More than the ranks need to connect to each other.
constexpr absl::Duration kConnectAll = absl::Minutes(2);
// When a rank that waits says so first; then rarer and rarer.
constexpr absl::Duration kSayAfter = absl::Seconds(10);
constexpr absl::Duration kPause = absl::Milliseconds(200);

// One attempt to join. It runs on a thread of its own: with rank 0 stopped, or
// a stranger at its port, a call may never return, and is left behind.
struct Attempt {
  GroupOptions options;
  const absl::Time begun = absl::Now();

  std::mutex mutex;
  std::condition_variable changed;
  std::string doing;
  std::string advice;
  absl::Time doing_since;
  absl::Duration limit;     // of what it is doing, whatever the others do
  std::string waiting_for;  // empty: for nobody
  std::optional<Joined> result;

  void Begin(std::string what, absl::Duration most, std::string otherwise) {
    const std::lock_guard<std::mutex> lock(mutex);
    doing = std::move(what);
    advice = std::move(otherwise);
    doing_since = absl::Now();
    limit = most;
    changed.notify_all();
  }
  void WaitingFor(std::string whom) {
    const std::lock_guard<std::mutex> lock(mutex);
    waiting_for = std::move(whom);
  }
  absl::Duration Left() const {
    return options.join_timeout - (absl::Now() - begun);
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

absl::Status WithContext(const absl::Status& status, const std::string& what,
                         const std::string& advice) {
  return absl::Status(status.code(),
                      absl::StrCat(what, ": ", status.message(), ". ", advice));
}

absl::StatusOr<std::unique_ptr<MeetingPoint>> Connect(Attempt& attempt,
                                                      bool serve) {
  const GroupOptions& options = attempt.options;
  const Rendezvous& place = options.place;
  MeetingPoint::Limits limits;
  limits.connect = std::min(kGreeting, options.join_timeout);
  limits.wait = options.join_timeout;
  attempt.Begin(
      absl::StrCat("connecting to the meeting point at ", Where(place)),
      limits.connect + absl::Seconds(10),
      absl::StrCat(
          "Something else than rank 0 of this run listens there "
          "(then choose another MASTER_PORT, parallelism.master_port), "
          "or rank 0's process or the network stands still"));
  auto point = MeetingPoint::Open(place.address, place.port, serve, limits);
  if (point.ok()) return point;
  if (point.status().code() == absl::StatusCode::kAlreadyExists) {
    return absl::AlreadyExistsError(absl::StrCat(
        "rank 0 cannot listen at port ", place.port, " of ", place.address,
        ": another program does. An earlier run that has not ended, or another "
        "job: choose another MASTER_PORT (parallelism.master_port)"));
  }
  if (serve) {
    return WithContext(
        point.status(),
        absl::StrCat("rank 0 cannot open the meeting point at ", Where(place)),
        "MASTER_ADDR has to be an address of rank 0's host");
  }
  if (PathTo(place.address, place.port, absl::ZeroDuration()).ok()) {
    return absl::UnavailableError(absl::StrCat(
        "something else than rank 0 of this run listens at ", Where(place),
        ": it takes connections, but does not answer rank ", place.rank,
        " as rank 0 does. Choose another MASTER_PORT "
        "(parallelism.master_port), or end what runs there"));
  }
  return absl::UnavailableError(
      absl::StrCat("rank 0 ended while rank ", place.rank, " joined it at ",
                   Where(place), "; its own message says why"));
}

absl::StatusOr<NetworkPath> Reach(Attempt& attempt) {
  const Rendezvous& place = attempt.options.place;
  const absl::Time begun = absl::Now();
  // Rank 0 listens already.
  const absl::Duration limit =
      std::clamp(attempt.Left(), absl::ZeroDuration(),
                 place.rank == 0 ? absl::Seconds(30) : absl::Hours(24));
  attempt.Begin(absl::StrCat("connecting to rank 0 at ", Where(place)),
                limit + absl::Seconds(30),
                "Check that the network works, the name service too");
  auto path = PathTo(place.address, place.port, absl::ZeroDuration());
  if (absl::IsUnavailable(path.status())) {
    attempt.WaitingFor(absl::StrCat("rank 0 to listen at ", Where(place)));
    path = PathTo(place.address, place.port, limit);
  }
  if (path.ok()) return path;
  if (place.rank == 0) {
    return WithContext(
        path.status(),
        absl::StrCat("rank 0 cannot reach itself at ", Where(place)),
        "MASTER_ADDR has to be an address of rank 0's host");
  }
  return WithContext(
      path.status(), absl::StrCat("cannot reach rank 0 at ", Where(place)),
      absl::IsInvalidArgument(path.status())
          ? "MASTER_ADDR (parallelism.master_address) has to be rank 0's host"
          : absl::StrCat("Check that rank 0 was started (waited ",
                         ShownSeconds(absl::Now() - begun),
                         "; parallelism.join_seconds says how long), that "
                         "MASTER_ADDR and MASTER_PORT are the same on all "
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
  attempt.WaitingFor("");
  c10::intrusive_ptr<c10d::Backend> backend;
  if (options.backend == GroupOptions::Backend::kNccl) {
    attempt.Begin("preparing NCCL", kConnectAll, "Does the GPU still work?");
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
  attempt.Begin(what, kConnectAll,
                "Check that no firewall is between the hosts, and set "
                "GLOO_SOCKET_IFNAME where they share another network");
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

// What the ranks come to when they have met at `point`.
absl::StatusOr<RollCall> Meet(Attempt& attempt, MeetingPoint& point,
                              const NetworkPath& path) {
  const GroupOptions& options = attempt.options;
  attempt.Begin("waiting for all ranks",
                options.join_timeout + absl::Seconds(20),
                absl::StrCat("Check that rank 0's process, and the network to ",
                             Where(options.place), ", still work"));
  RollCallOptions call;
  call.place = options.place;
  call.must_agree = options.must_agree;
  call.reached = path.remote;
  call.limit = options.join_timeout;
  call.waiting_for = [&](const std::string& whom) { attempt.WaitingFor(whom); };
  return CallRoll(point, call);
}

Joined Join(Attempt& attempt) {
  const GroupOptions& options = attempt.options;
  const Rendezvous& place = options.place;
  C10dGroup::Parts parts;
  if (place.rank == 0) {
    ASSIGN_OR_RETURN(parts.point, Connect(attempt, /*serve=*/true));
  }
  NetworkPath path;
  const auto meet = [&]() -> absl::StatusOr<RollCall> {
    ASSIGN_OR_RETURN(path, Reach(attempt));
    if (place.rank != 0) {
      ASSIGN_OR_RETURN(parts.point, Connect(attempt, /*serve=*/false));
    }
    return Meet(attempt, *parts.point, path);
  };
  absl::StatusOr<RollCall> called = meet();
  // Started again, while the attempt before still ends.
  const bool again = absl::IsAborted(called.status());
  while (again && !called.ok() && attempt.Left() > kPause &&
         (absl::IsAborted(called.status()) ||
          absl::IsUnavailable(called.status()))) {
    attempt.WaitingFor(
        absl::StrCat("an earlier attempt at ", Where(place), " to end"));
    absl::SleepFor(kPause);
    called = meet();
  }
  ASSIGN_OR_RETURN(const RollCall roll, std::move(called));
  ASSIGN_OR_RETURN(parts.backend,
                   MakeBackend(attempt, *parts.point, path, roll));

  // A connection of its own, as it may be stuck there.
  ASSIGN_OR_RETURN(auto beats, Connect(attempt, /*serve=*/false));
  Liveness::Options liveness;
  liveness.rank = place.rank;
  liveness.names = roll.names;
  liveness.timeout = options.timeout;
  liveness.end_within = options.end_within;
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

// Says for whom it waits, on each host once.
void SayWaiting(const Attempt& attempt) {
  const Rendezvous& place = attempt.options.place;
  if (place.local_rank != 0) return;
  LOG(WARNING) << "rank " << place.rank << " is waiting for "
               << attempt.waiting_for << "; "
               << ShownSeconds(absl::Floor(absl::Now() - attempt.begun,
                                           absl::Seconds(1)))
               << " so far";
}

// The result of an attempt, or that it stands still.
Joined Await(Attempt& attempt) {
  absl::Duration say_after = kSayAfter;
  std::unique_lock<std::mutex> lock(attempt.mutex);
  while (!attempt.result.has_value()) {
    const absl::Time now = absl::Now();
    if (now > attempt.doing_since + attempt.limit) {
      return absl::UnavailableError(absl::StrCat(
          "rank ", attempt.options.place.rank, " got no answer for ",
          ShownSeconds(now - attempt.doing_since), " while ", attempt.doing,
          ". ", attempt.advice));
    }
    if (now > attempt.begun + say_after && !attempt.waiting_for.empty()) {
      SayWaiting(attempt);
      say_after *= 3;
    }
    attempt.changed.wait_for(lock, std::chrono::milliseconds(200));
  }
  return *std::move(attempt.result);
}

}  // namespace

Joined JoinGroup(const GroupOptions& options) {
  RETURN_IF_ERROR(Check(options));
  if (options.place.size == 1) return std::make_unique<SingleProcess>();
  IgnoreBrokenPipes();

  const auto attempt = std::make_shared<Attempt>();
  attempt->options = options;
  attempt->Begin("starting", absl::Minutes(1), "Is the machine overloaded?");
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

  return Await(*attempt);
}

}  // namespace snclr
