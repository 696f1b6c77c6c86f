// SPDX-License-Identifier: MIT
#include "snclr/core/dist/roll_call.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
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
constexpr absl::Duration kPause = absl::Milliseconds(50);
// What rank 0 waits, when it ends, for the others to have read why.
constexpr absl::Duration kLinger = absl::Seconds(2);

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

// Puts this rank on the list.
absl::Status Register(MeetingPoint& point, const RollCallOptions& options,
                      const Record& self) {
  const int64_t rank = options.place.rank;
  ASSIGN_OR_RETURN(const int64_t claims,
                   point.Add(absl::StrCat("roll/claims/", rank), 1));
  if (claims > 1) {
    ASSIGN_OR_RETURN(const auto records, point.Get({RecordKey(rank)}));
    return absl::InvalidArgumentError(absl::StrCat(
        "two processes are rank ", rank, ": ", self.Process(), " and ",
        Record::Decode(records[0]).Process(),
        ". Another run at the same address and port, or a wrong RANK?"));
  }
  RETURN_IF_ERROR(point.Set(BeatKey(rank), Beat{}.Encode()));
  if (rank == 0) RETURN_IF_ERROR(point.Set(kVerdictKey, ""));
  RETURN_IF_ERROR(point.Set(RecordKey(rank), self.Encode()));
  if (rank == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto records, point.Get({RecordKey(0)}));
  return Compare(options, self, Record::Decode(records[0]));
}

absl::Status Missing(const RollCallOptions& options,
                     const std::vector<int64_t>& missing) {
  const Rendezvous& place = options.place;
  std::vector<std::string> names;
  for (const int64_t rank : missing) {
    if (names.size() == 8 && missing.size() > 9) {
      names.push_back(absl::StrCat("and ", missing.size() - 8, " more"));
      break;
    }
    names.push_back(absl::StrCat("rank ", rank));
  }
  return absl::UnavailableError(absl::StrFormat(
      "after %s %d of %d ranks have come to %s:%d; missing: %s. Check that "
      "their processes were started and still run, and that their hosts reach "
      "that port",
      ShownSeconds(options.limit), place.size - missing.size(), place.size,
      place.address, place.port, absl::StrJoin(names, ", ")));
}

// Rank 0: waits for the others; what it comes to. `present` counts who came.
absl::Status Judge(MeetingPoint& point, const RollCallOptions& options,
                   int64_t& present) {
  const absl::Time deadline = absl::Now() + options.limit;
  std::vector<int64_t> missing;
  for (int64_t rank = 1; rank < options.place.size; ++rank) {
    missing.push_back(rank);
  }
  for (;;) {
    std::vector<int64_t> still;
    for (const int64_t rank : missing) {
      ASSIGN_OR_RETURN(const bool there, point.Has(RecordKey(rank)));
      if (!there) still.push_back(rank);
    }
    missing = std::move(still);
    present = options.place.size - static_cast<int64_t>(missing.size());
    ASSIGN_OR_RETURN(const bool objection, point.Has(kObjection));
    if (objection) {
      ASSIGN_OR_RETURN(const auto texts, point.Get({kObjection}));
      return Decode(texts[0]);
    }
    if (missing.empty()) return absl::OkStatus();
    if (absl::Now() > deadline) return Missing(options, missing);
    absl::SleepFor(kPause);
  }
}

// Rank 0: tells the others, and stays until they have heard why it ends.
absl::Status Announce(MeetingPoint& point, const absl::Status& outcome,
                      int64_t present) {
  RETURN_IF_ERROR(point.Set(kOutcome, Encode(outcome)));
  const absl::Time deadline = absl::Now() + kLinger;
  while (!outcome.ok() && absl::Now() < deadline) {
    ASSIGN_OR_RETURN(const int64_t heard, point.Add(kHeard, 0));
    if (heard >= present - 1) break;
    absl::SleepFor(kPause);
  }
  return outcome;
}

// The others: wait for what rank 0 says.
absl::Status Hear(MeetingPoint& point, const RollCallOptions& options) {
  const absl::Time deadline = absl::Now() + options.limit + absl::Seconds(5);
  while (absl::Now() < deadline) {
    ASSIGN_OR_RETURN(const bool there, point.Has(kOutcome));
    if (there) {
      ASSIGN_OR_RETURN(const auto texts, point.Get({kOutcome}));
      const absl::Status outcome = Decode(texts[0]);
      if (!outcome.ok()) point.Add(kHeard, 1).IgnoreError();
      return outcome;
    }
    absl::SleepFor(kPause);
  }
  return absl::UnavailableError(
      "rank 0 keeps the meeting point, but does not say who has come");
}

}  // namespace

absl::StatusOr<RollCall> CallRoll(MeetingPoint& point,
                                  const RollCallOptions& options) {
  const Rendezvous& place = options.place;
  const absl::Status registered = Register(point, options, Self(options));
  if (!registered.ok()) {
    point.Set(kObjection, Encode(registered)).IgnoreError();
    return registered;
  }
  if (place.rank == 0) {
    int64_t present = 1;
    const absl::Status outcome = Judge(point, options, present);
    RETURN_IF_ERROR(Announce(point, outcome, present));
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
