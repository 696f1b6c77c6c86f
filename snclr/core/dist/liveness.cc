// SPDX-License-Identifier: MIT
#include "snclr/core/dist/liveness.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/dist/liveness_keys.h"
#include "snclr/core/dist/shown_seconds.h"

namespace snclr {
namespace {

using Clock = std::chrono::steady_clock;
using Lock = std::unique_lock<std::mutex>;

// So many beats without one are a silence. One may be lost to a busy machine.
constexpr int kSilence = 3;

absl::Duration Since(Clock::time_point then) {
  return absl::FromChrono(Clock::now() - then);
}

// Uses nothing that may have hung: not stdio, of which another thread may hold
// the locks; and where stderr leads to it, the alarm ends the process.
[[noreturn]] void EndProcess(const std::string& why) {
  std::signal(SIGALRM, SIG_DFL);
  alarm(5);
  const std::string line = absl::StrCat("error: ", why, "\n");
  const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(written);  // the exit status says it too
  _exit(1);
}

}  // namespace

struct Liveness::State {
  Options options;
  // Used by the thread alone.
  std::unique_ptr<MeetingPoint> point;

  std::mutex mutex;
  std::condition_variable changed;
  Beat own;
  std::vector<Beat> beats;
  // Since the last new beat, counted in rounds of this rank: one that was
  // stopped itself must not take the others for dead when it goes on.
  std::vector<absl::Duration> silence;
  Clock::time_point last_answer = Clock::now();
  std::string lost;  // why the meeting point is gone
  std::string verdict;
  std::string to_publish;
  bool left_is_known = false;
  bool hurry = false;      // the next round begins at once
  bool concluded = false;  // since the guard looked last
  bool stop = false;
  bool stopped = false;
  std::thread thread;
  std::thread guard;

  bool IsSilent(int64_t rank) const {
    return rank != options.rank && !beats[rank].left &&
           silence[rank] > kSilence * options.beat;
  }
  bool ServesMeetingPoint() const { return options.rank == 0; }

  // Waits until done() or for `limit`, for quick news meanwhile.
  template <typename Done>
  void WaitFor(Lock& lock, absl::Duration limit, Done done) {
    hurry = true;
    changed.notify_all();
    changed.wait_for(lock, absl::ToChronoMilliseconds(limit), [&] {
      hurry = true;
      return done();
    });
  }

  absl::Status Round(Lock& lock);
  void Run();
  void Guard();
  bool IsOver() const;
  std::string MeetingPointIsGone() const;
  std::string Blame(const Trouble& trouble) const;
};

// One exchange of beats. Unlocks meanwhile.
absl::Status Liveness::State::Round(Lock& lock) {
  ++own.count;
  own.heard = !verdict.empty();
  const Beat mine = own;
  const std::string announced = verdict.empty() ? to_publish : "";
  lock.unlock();
  std::vector<std::string> keys = {kVerdictKey};
  for (size_t rank = 0; rank < beats.size(); ++rank) {
    keys.push_back(BeatKey(static_cast<int64_t>(rank)));
  }
  absl::StatusOr<std::vector<std::string>> texts;
  const auto talk = [&]() -> absl::Status {
    if (!announced.empty()) {
      ASSIGN_OR_RETURN(const std::string first,
                       point->SetOnce(kVerdictKey, announced));
    }
    RETURN_IF_ERROR(point->Set(BeatKey(options.rank), mine.Encode()));
    texts = point->Get(keys);
    return texts.status();
  };
  const absl::Status status = talk();
  lock.lock();
  RETURN_IF_ERROR(status);

  const absl::Duration step = std::min(Since(last_answer), 2 * options.beat);
  last_answer = Clock::now();
  if (!(*texts)[0].empty()) verdict = (*texts)[0];
  left_is_known = mine.left;
  for (size_t rank = 0; rank < beats.size(); ++rank) {
    const Beat beat = Beat::Decode((*texts)[rank + 1]);
    silence[rank] = beat.count != beats[rank].count ? absl::ZeroDuration()
                                                    : silence[rank] + step;
    beats[rank] = beat;
  }
  return absl::OkStatus();
}

void Liveness::State::Run() {
  Lock lock(mutex);
  while (!stop) {
    hurry = false;
    if (const absl::Status status = Round(lock); !status.ok()) {
      lost = std::string(status.message());
      break;
    }
    changed.notify_all();
    // Someone who waits wants news sooner, but not without a pause.
    const absl::Duration least = options.beat / 20;
    changed.wait_for(lock, absl::ToChronoMilliseconds(least),
                     [this] { return stop; });
    changed.wait_for(lock, absl::ToChronoMilliseconds(options.beat - least),
                     [this] { return stop || hurry; });
  }
  stopped = true;
  changed.notify_all();
}

// Ends the process where its other threads do not. Time is counted in steps;
// one in which the process stood still is as short as the others.
void Liveness::State::Guard() {
  Lock lock(mutex);
  absl::Duration unanswered, unheeded;
  Clock::time_point before = Clock::now(), answer = last_answer;
  while (!stop) {
    changed.wait_for(lock, absl::ToChronoMilliseconds(options.beat),
                     [this] { return stop; });
    const absl::Duration step = std::min(Since(before), 2 * options.beat);
    before = Clock::now();
    unanswered =
        answer == last_answer ? unanswered + step : absl::ZeroDuration();
    answer = last_answer;

    std::string why = verdict;
    // A run that ends in peace loses its meeting point too.
    if (why.empty() && !beats[0].left) {
      if (IsOver()) {
        why = Blame({});
      } else if (!ServesMeetingPoint() && unanswered > options.timeout) {
        why = MeetingPointIsGone();
      }
    }
    unheeded =
        why.empty() || concluded ? absl::ZeroDuration() : unheeded + step;
    concluded = false;
    if (!stop && unheeded > options.end_within) {
      EndProcess(absl::StrCat(why, "; ", options.names[options.rank],
                              " did not end within ",
                              ShownSeconds(options.end_within),
                              " of knowing that and was ended by force"));
    }
  }
}

bool Liveness::State::IsOver() const {
  if (!verdict.empty()) return true;
  if (!lost.empty() && !ServesMeetingPoint()) return true;
  for (size_t rank = 0; rank < beats.size(); ++rank) {
    if (IsSilent(static_cast<int64_t>(rank)) &&
        silence[rank] > options.timeout) {
      return true;
    }
  }
  return false;
}

std::string Liveness::State::MeetingPointIsGone() const {
  return absl::StrCat(
      options.names[0], ", which keeps the meeting point, ",
      lost.empty() ? absl::StrCat("has not answered for ",
                                  ShownSeconds(Since(last_answer)))
                   : "has closed its connection",
      ": dead",
      lost.empty() ? ", standing still, or cut off from the network" : "");
}

// Who keeps an exchange from ending, as far as is known; empty where it is not.
std::string Liveness::State::Blame(const Trouble& trouble) const {
  if (!verdict.empty()) return verdict;
  if (!ServesMeetingPoint() &&
      (!lost.empty() || Since(last_answer) > kSilence * options.beat)) {
    return MeetingPointIsGone();
  }
  std::vector<std::string> silent, gone, late;
  for (int64_t rank = 0; rank < static_cast<int64_t>(beats.size()); ++rank) {
    const std::string& name = options.names[rank];
    if (IsSilent(rank)) {
      silent.push_back(absl::StrCat(name, " has not been heard of for ",
                                    ShownSeconds(silence[rank])));
    } else if (beats[rank].begun >= trouble.exchange || rank == options.rank) {
      continue;
    } else if (beats[rank].left) {
      gone.push_back(name);
    } else {
      late.push_back(name);
    }
  }
  if (ServesMeetingPoint() && silent.size() > 1 &&
      silent.size() + 1 == beats.size()) {
    return absl::StrCat(
        options.names[options.rank], " has heard of no other rank for ",
        ShownSeconds(*std::min_element(silence.begin() + 1, silence.end())),
        ": it is cut off from the network, or all others are "
        "dead");
  }
  if (!silent.empty()) {
    return absl::StrCat(absl::StrJoin(silent, ", "),
                        ": dead, standing still, or cut off from the network");
  }
  if (!gone.empty()) {
    return absl::StrCat(
        absl::StrJoin(gone, ", "), gone.size() == 1 ? " has" : " have",
        " ended and will not come to exchange ", trouble.exchange);
  }
  if (trouble.timed_out && !late.empty()) {
    return absl::StrCat(
        absl::StrJoin(late, ", "),
        late.size() == 1 ? " is alive but has" : " are alive but have",
        " not begun exchange ", trouble.exchange, ", for which ",
        options.names[options.rank], " has waited ",
        ShownSeconds(trouble.waited),
        ": a hang, or a step that needs longer than the time-out");
  }
  return "";
}

Liveness::Liveness(std::unique_ptr<MeetingPoint> point, Options options)
    : state_(std::make_shared<State>()) {
  state_->beats.resize(options.names.size());
  state_->silence.resize(options.names.size());
  state_->options = std::move(options);
  state_->point = std::move(point);
  state_->thread = std::thread([state = state_] { state->Run(); });
  state_->guard = std::thread([state = state_] { state->Guard(); });
}

Liveness::~Liveness() {
  Lock lock(state_->mutex);
  state_->stop = true;
  state_->WaitFor(lock, 2 * state_->options.beat,
                  [this] { return state_->stopped; });
  const bool stopped = state_->stopped;
  lock.unlock();
  state_->guard.join();
  if (stopped) {
    state_->thread.join();
  } else {
    state_->thread.detach();
  }
}

int64_t Liveness::Begin() {
  const Lock lock(state_->mutex);
  return ++state_->own.begun;
}

bool Liveness::Over() const {
  const Lock lock(state_->mutex);
  return state_->IsOver();
}

std::string Liveness::Conclude(const Trouble& trouble) {
  std::string cause;
  {
    Lock lock(state_->mutex);
    state_->WaitFor(lock, (kSilence + 1.5) * state_->options.beat, [&] {
      cause = state_->Blame(trouble);
      return !cause.empty();
    });
  }
  if (cause.empty()) {
    cause = absl::StrCat("exchange ", trouble.exchange, " failed for ",
                         state_->options.names[state_->options.rank],
                         " though all ranks are alive: ", trouble.text);
  }
  Publish(cause);
  const Lock lock(state_->mutex);
  return state_->verdict;
}

void Liveness::Publish(const std::string& verdict) {
  State& state = *state_;
  Lock lock(state.mutex);
  if (state.verdict.empty() && state.lost.empty()) {
    state.to_publish = verdict;
    state.WaitFor(lock, kSilence * state.options.beat, [&] {
      return !state.verdict.empty() || !state.lost.empty();
    });
  }
  if (state.verdict.empty()) state.verdict = verdict;
  state.concluded = true;
  if (!state.ServesMeetingPoint()) return;
  state.WaitFor(lock, kSilence * state.options.beat, [&] {
    for (size_t rank = 1; rank < state.beats.size(); ++rank) {
      const Beat& beat = state.beats[rank];
      if (!beat.heard && !beat.left &&
          state.silence[rank] < 2 * state.options.beat) {
        return false;
      }
    }
    return true;
  });
}

void Liveness::Leave() {
  State& state = *state_;
  Lock lock(state.mutex);
  state.own.left = true;
  state.WaitFor(lock, kSilence * state.options.beat,
                [&] { return state.left_is_known || !state.lost.empty(); });
  if (!state.ServesMeetingPoint()) return;
  state.WaitFor(lock, 10 * state.options.beat, [&] {
    for (size_t rank = 1; rank < state.beats.size(); ++rank) {
      if (!state.beats[rank].left &&
          !state.IsSilent(static_cast<int64_t>(rank))) {
        return false;
      }
    }
    return true;
  });
}

}  // namespace snclr
