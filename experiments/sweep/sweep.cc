// SPDX-License-Identifier: MIT
#include "experiments/sweep/sweep.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/process/cores.h"
#include "experiments/process/pass_on_signals.h"
#include "experiments/sweep/assess.h"
#include "experiments/sweep/attempt_log.h"
#include "experiments/sweep/estimate.h"
#include "experiments/sweep/history.h"
#include "experiments/sweep/launcher.h"
#include "experiments/sweep/local_launcher.h"
#include "experiments/sweep/log_tail.h"
#include "experiments/sweep/narrator.h"
#include "experiments/sweep/overview.h"
#include "experiments/sweep/slurm_launcher.h"
#include "experiments/sweep/sweep_file.h"
#include "experiments/sweep/sweep_folder.h"
#include "experiments/sweep/trial_order.h"
#include "experiments/sweep/trials.h"
#include "experiments/trainer/format.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr absl::Duration kPollEvery = absl::Milliseconds(100);
constexpr absl::Duration kLookAtOthersEvery = absl::Seconds(2);
constexpr absl::Duration kLookEvery = absl::Seconds(15);
constexpr int kInputWasWrong = 2;  // the program's exit status

class Sweep {
 public:
  Sweep(const SweepOptions& options, SweepFile file, std::string name)
      : options_(options),
        file_(std::move(file)),
        name_(std::move(name)),
        folder_(SweepFolderPath(options.out, name_)),
        attempts_(folder_ + "/attempts.jsonl") {}

  absl::StatusOr<int> Run() {
    RETURN_IF_ERROR(Prepare());
    if (!options_.plan) {
      ASSIGN_OR_RETURN(SweepLock lock, SweepLock::Take(options_.out, name_));
      lock_.emplace(std::move(lock));
      // Another sweep may have added to it while this one was not yet alone.
      attempts_ = AttemptLog(folder_ + "/attempts.jsonl");
    }
    ASSIGN_OR_RETURN(launcher_, MakeLauncher());
    narrator_.emplace(options_.screen, Facts(), file_.spec);
    if (options_.retry_failed && !options_.plan) {
      RETURN_IF_ERROR(Forgive());
    }
    RETURN_IF_ERROR(Refresh());
    narrator_->Head(overview(), Notes());
    if (options_.plan) {
      narrator_->Plan(overview());
      return 0;
    }
    return Loop();
  }

 private:
  // Everything that can be wrong with the input.
  absl::Status Prepare() {
    ASSIGN_OR_RETURN(list_, MakeTrials(file_, options_.set));
    auto steps = StepsPerEpoch(trials());
    // The images may be on the cluster's machines alone.
    if (steps.ok()) {
      steps_per_epoch_ = *std::move(steps);
    } else if (options_.launcher == "local" ||
               file_.spec.has_early_stopping()) {
      return steps.status();
    }
    if (file_.spec.has_early_stopping()) {
      ASSIGN_OR_RETURN(rung_steps_,
                       RungSteps(file_.spec, trials(), steps_per_epoch_));
    } else {
      rung_steps_.resize(trials().size());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Launcher>> MakeLauncher() {
    if (options_.launcher == "slurm") {
      return SlurmLauncher::Create(file_.spec.slurm(), name_, folder_,
                                   options_.jobs);
    }
    return std::make_unique<LocalLauncher>(
        options_.jobs, ThreadsPerProcess(options_.jobs, AvailableCores()));
  }

  const std::vector<Trial>& trials() const { return list_.trials; }

  NarratorFacts Facts() const {
    NarratorFacts facts;
    facts.name = name_;
    facts.out = options_.out;
    facts.db = options_.db;
    facts.launcher = launcher_->Describe();
    facts.jobs = options_.jobs;
    if (options_.launcher == "slurm") {
      facts.after_stop = absl::StrCat(
          "the jobs do by themselves; the same command watches them again, "
          "scancel --name=",
          SlurmJobName(name_, folder_), " ends them");
    }
    return facts;
  }

  // What a user should know of the trials before they start.
  std::vector<std::string> Notes() const {
    std::vector<std::string> notes = list_.notes;
    int most = 0;
    for (const Trial& trial : trials()) {
      most = std::max(most, trial.spec.parallelism().threads());
    }
    // A spec's own number is the same everywhere, also where it is too many.
    if (options_.launcher == "local" &&
        most * options_.jobs > AvailableCores()) {
      notes.push_back(absl::StrCat(
          "parallelism.threads is ", most, " in a spec: ", options_.jobs,
          " at once are more than the ", AvailableCores(), " cores, and slow"));
    }
    for (size_t i = 0; i < trials().size() && !options_.plan; ++i) {
      if (history_.states[i].folder_gone &&
          assessments_[i].phase == TrialPhase::kFinished) {
        notes.push_back(absl::StrCat(TrialName(trials()[i]), ": ",
                                     StatusText(overview(), i)));
      }
    }
    return notes;
  }

  absl::Status Forgive() {
    for (const Trial& trial : trials()) {
      if (attempts_.Failures(trial.hash) == 0) continue;
      RETURN_IF_ERROR(attempts_.Add({trial.hash, "forgiven", "", 0}));
    }
    return absl::OkStatus();
  }

  // What has become of everything, as of now.
  absl::Status Refresh() {
    HistoryOptions options;
    options.out = options_.out;
    options.db = options_.db;
    options.adopt = !options_.plan;
    options.rerun_missing = options_.rerun_missing;
    options.alive = launcher_->Alive();
    ASSIGN_OR_RETURN(History history, LookUp(trials(), options));
    // A live process is one, even before it has left any trace.
    for (size_t i = 0; i < trials().size(); ++i) {
      if (options.alive.count(trials()[i].hash) > 0) {
        history.states[i].status = TrialStatus::kRunning;
      }
    }
    for (const std::string& warning : history.warnings) {
      if (warned_.insert(warning).second) narrator_->Line("! " + warning);
    }
    ASSIGN_OR_RETURN(std::vector<Assessment> assessments,
                     Assess(file_.spec, trials(), history, attempts_,
                            rung_steps_, put_off_));
    for (size_t i = 0; i < trials().size(); ++i) {
      // A process knows its own limit; the next start's is another one.
      const auto limit = limits_.find(trials()[i].hash);
      if (assessments[i].phase == TrialPhase::kRunning &&
          limit != limits_.end()) {
        assessments[i].max_steps = limit->second;
      }
    }
    history_ = std::move(history);
    assessments_ = std::move(assessments);
    refreshed_ = absl::Now();
    return absl::OkStatus();
  }

  Overview overview() const {
    return {trials(), history_, assessments_, steps_per_epoch_,
            file_.spec.max_attempts()};
  }

  absl::StatusOr<int> Loop() {
    const PassOnSignals signals({SIGINT, SIGTERM});
    int signal = 0;
    while (true) {
      if (const int asked = signals.Take()) {
        signal = asked;
        if (!launcher_->Interrupt(asked)) break;
        narrator_->Line("stopping: the running trials make a checkpoint ...");
      }
      ASSIGN_OR_RETURN(const std::vector<TrialEnd> ends, launcher_->Poll());
      if (!ends.empty() || IsStale()) {
        RETURN_IF_ERROR(Refresh());
      }
      for (const TrialEnd& end : ends) RETURN_IF_ERROR(Note(end, signal != 0));
      if (!ends.empty()) {
        RETURN_IF_ERROR(Refresh());
      }
      if (signal == 0) {
        RETURN_IF_ERROR(StartDue());
      }
      if (launcher_->Alive().empty() &&
          (signal != 0 ||
           (!IsAny(TrialPhase::kRunning) && !IsAny(TrialPhase::kDue)))) {
        break;
      }
      narrator_->Show(overview());
      absl::SleepFor(kPollEvery);
    }
    if (signal != 0) {
      narrator_->Stopped(overview());
      return 128 + signal;
    }
    narrator_->End(overview());
    return IsAny(TrialPhase::kGivenUp) ? 1 : 0;
  }

  bool IsAny(TrialPhase phase) const {
    return std::any_of(
        assessments_.begin(), assessments_.end(),
        [&](const Assessment& one) { return one.phase == phase; });
  }

  // Whether to look again although none of our processes ended.
  bool IsStale() const {
    const absl::Duration age = absl::Now() - refreshed_;
    if (age < kLookAtOthersEvery) return false;
    if (age > kLookEvery) return true;
    const std::set<std::string> alive = launcher_->Alive();
    for (size_t i = 0; i < trials().size(); ++i) {
      if (assessments_[i].phase != TrialPhase::kRunning) continue;
      // A process that is not ours tells nobody when it ends; the run of one
      // that has just begun is not known yet.
      if (alive.count(trials()[i].hash) == 0) return true;
      if (history_.states[i].run_id < 0) return true;
    }
    return false;
  }

  absl::Status StartDue() {
    std::vector<TrialCommand> commands;
    std::vector<size_t> started;
    for (size_t i = 0; i < trials().size(); ++i) {
      if (commands.size() >= launcher_->Room()) break;
      if (assessments_[i].phase != TrialPhase::kDue) continue;
      ASSIGN_OR_RETURN(TrialCommand command, CommandFor(i));
      commands.push_back(std::move(command));
      started.push_back(i);
    }
    if (commands.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(launcher_->Start(commands));
    for (const size_t i : started) {
      const bool resumes =
          history_.states[i].status == TrialStatus::kUnfinished;
      narrator_->Line(absl::StrCat(
          resumes ? "resumes   " : "started   ", TrialName(trials()[i]),
          resumes ? absl::StrCat(": ", history_.states[i].run) : "",
          assessments_[i].max_steps > 0
              ? absl::StrCat(" (up to step ",
                             FormatCount(assessments_[i].max_steps), ")")
              : ""));
      assessments_[i].phase = TrialPhase::kRunning;
      history_.states[i].status = TrialStatus::kRunning;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<TrialCommand> CommandFor(size_t i) {
    const Trial& trial = trials()[i];
    const TrialState& state = history_.states[i];
    TrialOrder order;
    order.program = options_.program;
    order.out = options_.out;
    order.db = options_.db;
    order.spec = absl::StrCat(folder_, "/", trial.hash, ".textproto");
    order.log = LogOf(trial.hash);
    if (state.status == TrialStatus::kUnfinished) order.run = state.folder;
    order.max_steps = assessments_[i].max_steps;
    RETURN_IF_ERROR(WriteFileAtomically(order.spec, SpecToText(trial.spec)));
    limits_[trial.hash] = order.max_steps;
    log_begins_[trial.hash] = FileSize(order.log);
    step_at_start_[trial.hash] = state.step;
    return CommandOf(trial.hash, order);
  }

  size_t IndexOf(const std::string& hash) const {
    for (size_t i = 0; i < trials().size(); ++i) {
      if (trials()[i].hash == hash) return i;
    }
    return trials().size();
  }

  // Says and records how an attempt ended.
  absl::Status Note(const TrialEnd& end, bool stopping) {
    const size_t i = IndexOf(end.hash);
    if (i == trials().size()) return absl::OkStatus();  // of an older file
    const TrialState& state = history_.states[i];
    const std::string name = TrialName(trials()[i]);
    Attempt attempt{end.hash, "stopped", "", launcher_->threads()};
    if (state.status == TrialStatus::kFinished) {
      attempt.outcome = "finished";
      narrator_->Line(
          absl::StrCat("ended     ", name, ": ", StatusText(overview(), i)));
    } else if (end.cancelled) {
      put_off_[end.hash] = "cancelled; the same command starts it again";
      narrator_->Line(absl::StrCat("cancelled ", name));
    } else if (end.stopped &&
               (stopping || state.step > step_at_start_[end.hash])) {
      narrator_->Line(absl::StrCat("stopped   ", name, ": ", end.how));
    } else if (end.exit_status == 0 && ReachedItsRung(i)) {
      narrator_->Line(absl::StrCat("at a rung ", name, ": ", state.run));
    } else {
      attempt.outcome = "failed";
      attempt.reason = Reason(end, i);
      // What is wrong with the input stays wrong until somebody changes it.
      if (end.exit_status == kInputWasWrong || end.exit_status == 0) {
        put_off_[end.hash] = attempt.reason;
      }
    }
    RETURN_IF_ERROR(attempts_.Add(attempt));
    if (attempt.outcome == "failed") {
      narrator_->Line(absl::StrCat(
          "failed    ", name, " (", attempts_.Failures(end.hash), " of ",
          file_.spec.max_attempts(), "): ", attempt.reason));
      narrator_->Line(absl::StrCat("          log: ", LogOf(end.hash)));
    }
    return absl::OkStatus();
  }

  std::string LogOf(const std::string& hash) const {
    return absl::StrCat(folder_, "/", hash, ".log");
  }

  // Whether early stopping has what it needs of a trial that ended at its
  // limit: it is not asked to go to the same one again.
  bool ReachedItsRung(size_t i) const {
    const auto limit = limits_.find(trials()[i].hash);
    return limit != limits_.end() && limit->second > 0 &&
           (assessments_[i].phase != TrialPhase::kDue ||
            assessments_[i].max_steps != limit->second);
  }

  std::string Reason(const TrialEnd& end, size_t i) const {
    if (end.exit_status == 0) {
      return limits_.count(end.hash) > 0 && limits_.at(end.hash) > 0
                 ? absl::StrCat("recorded no ",
                                file_.spec.early_stopping().metric(),
                                " at step ", limits_.at(end.hash))
                 : "ended without an error and without being finished";
    }
    const auto begin = log_begins_.find(end.hash);
    const std::string line = LastLine(
        LogOf(end.hash), begin == log_begins_.end() ? 0 : begin->second);
    // A program that returned has said why; one that was killed could not.
    if (end.exit_status > 0 && !line.empty()) return line;
    return line.empty() ? end.how
                        : absl::StrCat(end.how, "; its last line: ", line);
  }

  const SweepOptions& options_;
  const SweepFile file_;
  const std::string name_;
  const std::string folder_;
  AttemptLog attempts_;
  TrialList list_;
  std::vector<int64_t> steps_per_epoch_;  // empty: not known
  std::vector<std::vector<int64_t>> rung_steps_;
  std::optional<SweepLock> lock_;
  std::unique_ptr<Launcher> launcher_;
  std::optional<Narrator> narrator_;

  History history_;
  std::vector<Assessment> assessments_;
  absl::Time refreshed_;
  std::set<std::string> warned_;

  // By hash, of this process's own attempts.
  std::map<std::string, std::string> put_off_;
  std::map<std::string, int64_t> limits_;
  std::map<std::string, int64_t> log_begins_;
  std::map<std::string, int64_t> step_at_start_;
};

}  // namespace

absl::StatusOr<int> RunSweep(const SweepOptions& options) {
  if (options.jobs < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--jobs must be at least 1, is ", options.jobs));
  }
  if (options.launcher != "local" && options.launcher != "slurm") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--launcher: wanted local or slurm, got '", options.launcher, "'"));
  }
  ASSIGN_OR_RETURN(SweepFile file, ReadSweepFile(options.sweep, options.base));
  std::string name = SweepName(file, options.set);
  return Sweep(options, std::move(file), std::move(name)).Run();
}

}  // namespace snclr
