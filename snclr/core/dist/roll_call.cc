// SPDX-License-Identifier: MIT
#include "snclr/core/dist/roll_call.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/dist/liveness_keys.h"
#include "snclr/core/dist/network_path.h"
#include "snclr/core/dist/shown_seconds.h"

namespace snclr {
namespace {

constexpr char kOutcome[] = "roll/outcome";
constexpr char kObjection[] = "roll/objection";
constexpr char kHeard[] = "roll/heard";
constexpr char kMissing[] = "roll/missing";
// Between two looks at the table, at first.
constexpr absl::Duration kPause = absl::Milliseconds(50);
// What rank 0 stays, when it ends, for the others to read why, and those that
// were started a little later.
constexpr absl::Duration kLinger = absl::Seconds(5);
// A process that takes part has beaten in this time (liveness.h).
constexpr absl::Duration kBeaten = absl::Seconds(3);

// What a rank says of itself: host, process, size, reached, then must_agree, a
// line each.
struct Record {
  std::string host;
  std::string process;
  std::string size;
  std::string reached;
  std::vector<std::string> agreed;

  std::string Encode() const {
    return absl::StrCat(host, "\n", process, "\n", size, "\n", reached, "\n",
                        absl::StrJoin(agreed, "\n"));
  }
  static Record Decode(const std::string& text) {
    std::vector<std::string> lines = absl::StrSplit(text, '\n');
    lines.resize(lines.size() < 4 ? 4 : lines.size());
    return {lines[0], lines[1], lines[2], lines[3],
            std::vector<std::string>(lines.begin() + 4, lines.end())};
  }
  std::string Process() const {
    return absl::StrCat("process ", process, " on ", host);
  }
};

// Until `deadline` at most, and rarer the longer it was waited since `begun`:
// many ranks look at one table.
void Sleep(absl::Time begun, absl::Time deadline) {
  const absl::Time now = absl::Now();
  const absl::Duration pause =
      std::clamp((now - begun) / 20, kPause, 10 * kPause);
  absl::SleepFor(std::clamp(deadline - now, absl::Milliseconds(1), pause));
}

std::string RecordKey(int64_t rank) { return absl::StrCat("roll/", rank); }

std::string Name(int64_t rank, const Record& record) {
  return absl::StrFormat("rank %d (%s)", rank, record.host);
}

Record Self(const RollCallOptions& options) {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  Record self{host,
              absl::StrCat(getpid()),
              absl::StrCat(options.place.size),
              options.reached,
              {}};
  for (const auto& [what, value] : options.must_agree) {
    self.agreed.push_back(value);
  }
  return self;
}

std::string Encode(const absl::Status& status) {
  return absl::StrCat(status.raw_code(), " ", status.message());
}

absl::Status Decode(const std::string& text) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 1));
  int code = 0;
  if (!absl::SimpleAtoi(parts.first, &code)) {
    return absl::InternalError(text);
  }
  return absl::Status(static_cast<absl::StatusCode>(code), parts.second);
}

// Whether this rank may be in rank 0's group.
absl::Status Compare(const RollCallOptions& options, const Record& self,
                     const Record& first) {
  const std::string name = Name(options.place.rank, self);
  if (self.size != first.size) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " was told of ", self.size, " ranks, ", Name(0, first), " of ",
        first.size, ": WORLD_SIZE has to be the same everywhere"));
  }
  for (size_t i = 0; i < options.must_agree.size(); ++i) {
    const std::string& other = i < first.agreed.size() ? first.agreed[i] : "";
    if (self.agreed[i] == other) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(name, " and ", Name(0, first), " differ in the ",
                     options.must_agree[i].first, ": ", self.agreed[i], " and ",
                     other, "; it has to be the same on all ranks"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Beat> BeatOf(MeetingPoint& point, int64_t rank) {
  ASSIGN_OR_RETURN(const bool there, point.Has(BeatKey(rank)));
  if (!there) return Beat{};
  ASSIGN_OR_RETURN(const auto texts, point.Get({BeatKey(rank)}));
  return Beat::Decode(texts[0]);
}

// What rank 0 has said, if it has.
absl::StatusOr<std::optional<absl::Status>> Outcome(MeetingPoint& point) {
  ASSIGN_OR_RETURN(const bool there, point.Has(kOutcome));
  if (!there) return std::nullopt;
  ASSIGN_OR_RETURN(const auto texts, point.Get({kOutcome}));
  // As a value: a status alone would be this function's own error.
  return std::optional<absl::Status>(Decode(texts[0]));
}

absl::Status Twins(MeetingPoint& point, int64_t rank, const Record& self) {
  ASSIGN_OR_RETURN(const auto records, point.Get({RecordKey(rank)}));
  return absl::InvalidArgumentError(absl::StrCat(
      "two processes are rank ", rank, ": ", self.Process(), " and ",
      Record::Decode(records[0]).Process(),
      ". Another run at the same address and port, or a wrong RANK?"));
}

// Another process was this rank before. InvalidArgument where that lives, and
// Aborted where it was one of an attempt that has failed, as rank 0 knows or
// will soon. OK where it has died while others are still awaited.
absl::Status Again(MeetingPoint& point, const RollCallOptions& options,
                   const Record& self) {
  const int64_t rank = options.place.rank;
  if (rank == 0) return Twins(point, rank, self);  // it keeps the table
  const absl::Status failing = absl::AbortedError(
      absl::StrCat("an earlier attempt still ends at ", Where(options.place)));
  ASSIGN_OR_RETURN(auto outcome, Outcome(point));
  if (outcome && !outcome->ok()) {
    return absl::IsUnavailable(*outcome) ? failing : *outcome;
  }
  ASSIGN_OR_RETURN(const Beat first, BeatOf(point, rank));
  const absl::Time deadline = absl::Now() + kBeaten;
  while (absl::Now() < deadline) {
    absl::SleepFor(kPause);
    ASSIGN_OR_RETURN(const Beat beat, BeatOf(point, rank));
    if (beat.left) return failing;
    if (beat.count == first.count) continue;
    ASSIGN_OR_RETURN(const auto verdict, point.Get({kVerdictKey}));
    return verdict[0].empty() ? Twins(point, rank, self) : failing;
  }
  ASSIGN_OR_RETURN(outcome, Outcome(point));
  return outcome ? failing : absl::OkStatus();
}

// Puts this rank on the list.
absl::Status Register(MeetingPoint& point, const RollCallOptions& options,
                      const Record& self) {
  const int64_t rank = options.place.rank;
  ASSIGN_OR_RETURN(const int64_t claims,
                   point.Add(absl::StrCat("roll/claims/", rank), 1));
  if (claims > 1) {
    const absl::Status again = Again(point, options, self);
    // It has ended meanwhile.
    if (absl::IsUnavailable(again)) return absl::AbortedError(again.message());
    RETURN_IF_ERROR(again);
  }
  if (rank == 0) {
    RETURN_IF_ERROR(point.Set(kVerdictKey, ""));
  } else {
    // Before this rank counts as there: rank 0 waits for no more than that.
    ASSIGN_OR_RETURN(const auto records, point.Get({RecordKey(0)}));
    RETURN_IF_ERROR(Compare(options, self, Record::Decode(records[0])));
  }
  RETURN_IF_ERROR(point.Set(BeatKey(rank), Beat{}.Encode()));
  return point.Set(RecordKey(rank), self.Encode());
}

// "rank 3", "ranks 1, 3".
std::string Ranks(const std::vector<int64_t>& ranks) {
  const size_t shown = ranks.size() > 9 ? 8 : ranks.size();
  return absl::StrCat(ranks.size() == 1 ? "rank " : "ranks ",
                      absl::StrJoin(ranks.begin(), ranks.begin() + shown, ", "),
                      shown < ranks.size()
                          ? absl::StrCat(" and ", ranks.size() - shown, " more")
                          : "");
}

absl::Status Missing(const RollCallOptions& options,
                     const std::vector<int64_t>& missing) {
  const Rendezvous& place = options.place;
  return absl::UnavailableError(absl::StrFormat(
      "after %s %d of %d ranks have come to %s; missing: %s. Check that their "
      "processes were started and still run, and that their hosts reach that "
      "port; parallelism.join_seconds says how long to wait for them",
      ShownSeconds(options.limit), place.size - missing.size(), place.size,
      Where(place), Ranks(missing)));
}

// Rank 0: waits for the others; what it comes to.
absl::Status Judge(MeetingPoint& point, const RollCallOptions& options) {
  const Rendezvous& place = options.place;
  const absl::Time begun = absl::Now();
  const absl::Time deadline = begun + options.limit;
  std::vector<int64_t> missing;
  for (int64_t rank = 1; rank < place.size; ++rank) missing.push_back(rank);
  std::string said;
  for (;;) {
    std::vector<int64_t> still;
    for (const int64_t rank : missing) {
      ASSIGN_OR_RETURN(const bool there, point.Has(RecordKey(rank)));
      if (!there) still.push_back(rank);
    }
    missing = std::move(still);
    ASSIGN_OR_RETURN(const bool objection, point.Has(kObjection));
    if (objection) {
      ASSIGN_OR_RETURN(const auto texts, point.Get({kObjection}));
      return Decode(texts[0]);
    }
    if (missing.empty()) return absl::OkStatus();
    const std::string whom = absl::StrCat(Ranks(missing), " of ", place.size,
                                          " to come to ", Where(place));
    if (whom != said) {
      said = whom;
      options.waiting_for(whom);
      RETURN_IF_ERROR(point.Set(kMissing, whom));
    }
    if (absl::Now() >= deadline) return Missing(options, missing);
    Sleep(begun, deadline);
  }
}

// Rank 0: tells the others, and stays until they have heard why it ends. With
// too many processes, or ranks of which it does not know, that may be any
// number.
absl::Status Announce(MeetingPoint& point, const absl::Status& outcome,
                      int64_t size) {
  RETURN_IF_ERROR(point.Set(kOutcome, Encode(outcome)));
  const absl::Time deadline = absl::Now() + kLinger;
  while (!outcome.ok() && absl::Now() < deadline) {
    ASSIGN_OR_RETURN(const int64_t heard, point.Add(kHeard, 0));
    if (heard >= size - 1 && !absl::IsInvalidArgument(outcome)) break;
    absl::SleepFor(kPause);
  }
  return outcome;
}

// The others: wait for what rank 0 says. Their beats meanwhile count downwards,
// other than those of Liveness.
absl::Status Hear(MeetingPoint& point, const RollCallOptions& options) {
  const absl::Time begun = absl::Now();
  const absl::Time deadline = begun + options.limit + kLinger;
  options.waiting_for(
      absl::StrCat("all ranks to come to ", Where(options.place)));
  absl::Time look = begun + absl::Seconds(5);
  Beat beat;
  while (absl::Now() < deadline) {
    --beat.count;
    RETURN_IF_ERROR(point.Set(BeatKey(options.place.rank), beat.Encode()));
    ASSIGN_OR_RETURN(const auto outcome, Outcome(point));
    if (outcome) {
      if (!outcome->ok()) point.Add(kHeard, 1).IgnoreError();
      return *outcome;
    }
    if (absl::Now() > look) {
      look = absl::Now() + absl::Seconds(5);
      ASSIGN_OR_RETURN(const bool there, point.Has(kMissing));
      if (there) {
        ASSIGN_OR_RETURN(const auto texts, point.Get({kMissing}));
        options.waiting_for(texts[0]);
      }
    }
    Sleep(begun, deadline);
  }
  return absl::UnavailableError(
      "rank 0 keeps the meeting point, but does not say who has come");
}

}  // namespace

absl::StatusOr<RollCall> CallRoll(MeetingPoint& point,
                                  const RollCallOptions& options) {
  const Rendezvous& place = options.place;
  const absl::Status registered = Register(point, options, Self(options));
  if (absl::IsAborted(registered)) return registered;
  if (!registered.ok()) {
    point.Set(kObjection, Encode(registered)).IgnoreError();
    point.Add(kHeard, 1).IgnoreError();
    return registered;
  }
  if (place.rank == 0) {
    RETURN_IF_ERROR(Announce(point, Judge(point, options), place.size));
  } else {
    RETURN_IF_ERROR(Hear(point, options));
  }
  std::vector<std::string> keys;
  for (int64_t rank = 0; rank < place.size; ++rank) {
    keys.push_back(RecordKey(rank));
  }
  ASSIGN_OR_RETURN(const auto records, point.Get(keys));
  RollCall roll;
  for (int64_t rank = 0; rank < place.size; ++rank) {
    const Record record = Record::Decode(records[rank]);
    roll.names.push_back(Name(rank, record));
    if (roll.address_of_rank_0.empty() && !IsLoopback(record.reached)) {
      roll.address_of_rank_0 = record.reached;
    }
  }
  return roll;
}

}  // namespace snclr
