// SPDX-License-Identifier: MIT
#include "experiments/sweep/history.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/tracker/adopt.h"
#include "experiments/trainer/run_folder.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

bool Exists(const std::string& folder) {
  std::error_code error;
  return fs::exists(folder, error);
}

// Whether `a` says more about a trial than `b`.
bool IsBetter(const TrialState& a, const TrialState& b) {
  const auto rank = [](const TrialState& state) {
    switch (state.status) {
      case TrialStatus::kFinished:
        return state.folder_gone ? 3 : 4;
      case TrialStatus::kRunning:
        return 2;
      case TrialStatus::kUnfinished:
        return 1;
      case TrialStatus::kNew:
        return 0;
    }
    return 0;
  };
  if (rank(a) != rank(b)) return rank(a) > rank(b);
  return a.step > b.step;
}

TrialState StateOf(const RunRecord& run, bool is_alive) {
  TrialState state;
  state.run_id = run.id;
  state.run = run.run;
  state.folder = run.folder;
  state.step = std::max<int64_t>(run.last_step, 0);
  state.failed = run.status == RunStatus::kFailed;
  state.reason = run.reason;
  state.folder_gone = !Exists(run.folder);
  if (is_alive) {
    state.status = TrialStatus::kRunning;
  } else if (run.status == RunStatus::kFinished) {
    state.status = TrialStatus::kFinished;
  } else if (run.status == RunStatus::kRunning || IsRunFolderHeld(run.folder)) {
    // A process that is about to end still holds the folder when the tracker
    // has its last word.
    state.status = TrialStatus::kRunning;
  } else if (!state.folder_gone) {
    const auto end = ReadRunEnd(run.folder);
    state.status = end && end->kind == RunEnd::Kind::kFinished
                       ? TrialStatus::kFinished
                       : TrialStatus::kUnfinished;
  }
  // Else there is nothing to go on from: new.
  return state;
}

// Of a folder that the tracker does not know.
TrialState StateOfFolder(const std::string& folder, bool is_alive) {
  TrialState state;
  const fs::path path(folder);
  state.run = path.parent_path().filename() / path.filename();
  state.folder = folder;
  const auto end = ReadRunEnd(folder);
  if (is_alive || IsRunFolderHeld(folder)) {
    state.status = TrialStatus::kRunning;
  } else if (end && end->kind == RunEnd::Kind::kFinished) {
    state.status = TrialStatus::kFinished;
  } else {
    state.status = TrialStatus::kUnfinished;
  }
  if (end) state.step = end->step;
  return state;
}

// The folders of the sweep's runs, by hash.
std::multimap<std::string, std::string> Folders(
    const std::vector<Trial>& trials, const std::string& out) {
  std::set<std::string> names;
  for (const Trial& trial : trials) names.insert(trial.spec.name());
  std::multimap<std::string, std::string> folders;
  for (const std::string& name : names) {
    for (const std::string& folder : ListRunFolders(out, name)) {
      const auto hash = ReadRunSpecHash(folder);
      if (hash) folders.emplace(*hash, folder);
    }
  }
  return folders;
}

double NaN() { return std::numeric_limits<double>::quiet_NaN(); }

}  // namespace

absl::StatusOr<History> LookUp(const std::vector<Trial>& trials,
                               const HistoryOptions& options) {
  History history;
  history.states.resize(trials.size());
  std::map<std::string, size_t> trial_of_hash;
  for (size_t i = 0; i < trials.size(); ++i) trial_of_hash[trials[i].hash] = i;

  std::vector<std::pair<size_t, std::string>> folders;  // trial, folder
  std::vector<std::string> to_adopt;
  for (const auto& [hash, folder] : Folders(trials, options.out)) {
    const auto trial = trial_of_hash.find(hash);
    if (trial == trial_of_hash.end()) continue;
    folders.emplace_back(trial->second, folder);
    // A live process tells the tracker by itself.
    if (options.alive.count(hash) == 0 && !IsRunFolderHeld(folder)) {
      to_adopt.push_back(folder);
    }
  }
  if (options.adopt) {
    RETURN_IF_ERROR(AdoptRuns(options.db, to_adopt));
  }

  const auto take = [&](size_t trial, TrialState state) {
    if (state.status == TrialStatus::kFinished && state.folder_gone &&
        options.rerun_missing) {
      return;
    }
    TrialState& best = history.states[trial];
    if (IsBetter(state, best)) best = std::move(state);
  };
  std::set<std::string> known;
  auto tracker = Tracker::Open(options.db);
  if (tracker.ok()) {
    history.tracker = *std::move(tracker);
    history.warnings = history.tracker->warnings();
    ASSIGN_OR_RETURN(const std::vector<RunRecord> runs,
                     history.tracker->Runs());
    for (const RunRecord& run : runs) {
      const auto trial = trial_of_hash.find(run.spec_hash);
      if (trial == trial_of_hash.end()) continue;
      known.insert(run.folder);
      take(trial->second, StateOf(run, options.alive.count(run.spec_hash) > 0));
    }
  } else if (!absl::IsNotFound(tracker.status())) {
    return tracker.status();
  }
  for (const auto& [trial, folder] : folders) {
    std::error_code error;
    const std::string canonical = fs::weakly_canonical(folder, error);
    if (known.count(folder) == 0 && known.count(canonical) == 0) {
      take(trial,
           StateOfFolder(folder, options.alive.count(trials[trial].hash) > 0));
    }
  }
  return history;
}

RunNumbers ReadNumbers(const Tracker& tracker, int64_t run_id) {
  RunNumbers numbers{0, NaN(), NaN(), NaN(), NaN()};
  const auto last = [&](const char* name) -> std::optional<MetricPoint> {
    const auto tail = tracker.Tail(run_id, name, 1);
    if (!tail.ok() || tail->empty()) return std::nullopt;
    return tail->back();
  };
  if (const auto loss = last("loss")) {
    numbers.step = loss->step;
    numbers.epoch = loss->epoch;
    numbers.loss = loss->value;
  }
  if (const auto knn = last("knn_top1")) numbers.knn_top1 = knn->value;
  if (const auto speed = last("images_per_second")) {
    numbers.images_per_second = speed->value;
  }
  return numbers;
}

}  // namespace snclr
