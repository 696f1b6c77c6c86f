// SPDX-License-Identifier: MIT
#include "experiments/launch/supervise.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "experiments/trainer/format.h"

namespace snclr {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(50);
constexpr int kInputWasWrong = 2;

using Kind = AttemptEnd::Kind;

bool IsStop(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGHUP ||
         signal == SIGUSR1;
}

// "rank 3", "ranks 0, 3".
std::string Names(const std::vector<int>& ranks) {
  return absl::StrCat(ranks.size() == 1 ? "rank " : "ranks ",
                      absl::StrJoin(ranks, ", "));
}

class Supervisor {
 public:
  Supervisor(LocalRanks& ranks, const SuperviseOptions& options,
             const PassOnSignals& signals, RankOutput& output)
      : ranks_(ranks), options_(options), signals_(signals), output_(output) {}

  AttemptEnd Run() {
    while (!ranks_.Running().empty()) {
      ranks_.Relay(kLookEvery);
      if (const int signal = signals_.Take()) PassOn(signal);
      std::vector<RankEnd> ends = ranks_.TakeEnds();
      // Of several at once the one that was killed is the cause.
      std::stable_sort(ends.begin(), ends.end(),
                       [](const RankEnd& a, const RankEnd& b) {
                         return (a.end.signal != 0) > (b.end.signal != 0);
                       });
      for (const RankEnd& end : ends) Note(end);
      if (!ranks_.Running().empty()) Hurry(absl::Now());
    }
    if (result_.kind == Kind::kFinished && stop_ != 0) {
      result_.kind = Kind::kStopped;
      result_.signal = stop_;
    }
    return result_;
  }

 private:
  void PassOn(int signal) {
    asked_ = signal;
    ranks_.Signal(signal);
    if (!result_.stop_asked) {
      output_.Say(absl::StrCat("launch: ", SignalName(signal),
                               ": the ranks make a checkpoint and stop ..."));
    } else {
      kill_at_ = std::min(kill_at_, absl::Now() + options_.grace);
      output_.Say(absl::StrCat("launch: ", SignalName(signal),
                               " again: what runs in ",
                               FormatTime(options_.grace), " is killed"));
    }
    result_.stop_asked = true;
  }

  void Note(const RankEnd& end) {
    const int status = end.end.exit_status;
    if (status == 0) return;
    if (status == kInputWasWrong) return Fail(end, Kind::kBadInput);
    if (const int signal = StopSignalOf(status)) {
      stop_ = asked_ != 0 ? asked_ : signal;
    } else if (asked_ != 0 && (killed_ || IsStop(end.end.signal))) {
      stop_ = asked_;
    } else {
      Fail(end, Kind::kFailed);
    }
  }

  void Fail(const RankEnd& end, Kind kind) {
    // Wrong input is the cause wherever it is seen; of failures the first.
    if (result_.kind == Kind::kBadInput ||
        (result_.kind == Kind::kFailed && kind == Kind::kFailed)) {
      return;
    }
    if (result_.kind == Kind::kFinished) {
      terminate_at_ = absl::Now() + options_.peers_end_within;
    }
    result_.kind = kind;
    result_.who =
        absl::StrCat("rank ", end.rank, " of ", options_.ranks,
                     options_.host.empty() ? "" : " on ", options_.host);
    result_.how = end.end.how;
    const auto& lines = output_.LastLines(end.index);
    result_.cause.clear();
    for (absl::string_view line : lines) {
      if (absl::ConsumePrefix(&line, "error: "))
        result_.cause = std::string(line);
    }
    // Of one rank alone they stand above already.
    const bool say_lines = options_.ranks_here > 1 && !lines.empty();
    output_.Say(absl::StrCat("launch: ", result_.who, " failed: ", result_.how,
                             say_lines ? "; its last lines:" : ""));
    if (!say_lines) return;
    for (const std::string& line : lines) {
      output_.Say(absl::StrCat("        ", line));
    }
  }

  // Those that stay behind.
  void Hurry(absl::Time now) {
    const std::string names = Names(ranks_.Running());
    if (now >= terminate_at_) {
      output_.Say(absl::StrCat("launch: ", names,
                               " still there: asked to end (SIGTERM)"));
      ranks_.Signal(SIGTERM);
      terminate_at_ = absl::InfiniteFuture();
      kill_at_ = std::min(kill_at_, now + options_.grace);
    }
    if (now >= kill_at_) {
      output_.Say(absl::StrCat("launch: ", names, " did not end: killed"));
      ranks_.Signal(SIGKILL);
      killed_ = true;
      kill_at_ = absl::InfiniteFuture();
    }
  }

  LocalRanks& ranks_;
  const SuperviseOptions& options_;
  const PassOnSignals& signals_;
  RankOutput& output_;
  AttemptEnd result_;
  int asked_ = 0;  // the newest signal that came to us
  int stop_ = 0;   // by which a rank says it was stopped
  bool killed_ = false;
  absl::Time terminate_at_ = absl::InfiniteFuture();
  absl::Time kill_at_ = absl::InfiniteFuture();
};

}  // namespace

AttemptEnd Supervise(LocalRanks& ranks, const SuperviseOptions& options,
                     const PassOnSignals& signals, RankOutput& output) {
  return Supervisor(ranks, options, signals, output).Run();
}

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? absl::StrCat("signal ", signal)
                         : absl::StrCat("SIG", name);
}

int StopSignalOf(int exit_status) {
  return IsStop(exit_status - 128) ? exit_status - 128 : 0;
}

}  // namespace snclr
