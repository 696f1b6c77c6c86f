// SPDX-License-Identifier: MIT
#include "experiments/sweep/overview.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/trainer/format.h"

namespace snclr {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// The axes of all trials, in the order in which they turn up: a listed trial
// has others than a combination.
std::vector<std::string> Axes(const std::vector<Trial>& trials) {
  std::vector<std::string> axes;
  for (const Trial& trial : trials) {
    for (const auto& [axis, value] : trial.labels) {
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
        axes.push_back(axis);
      }
    }
  }
  return axes;
}

// The first cells of a trial's row: a value for each axis, and the seed.
std::vector<std::string> Cells(const Trial& trial,
                               const std::vector<std::string>& axes) {
  std::vector<std::string> cells;
  for (const std::string& axis : axes) {
    std::string cell;
    for (const auto& [name, value] : trial.labels) {
      if (name == axis) cell = value;
    }
    cells.push_back(cell);
  }
  cells.push_back(absl::StrCat(trial.seed));
  return cells;
}

std::string Percent(double value) {
  return std::isnan(value) ? "" : absl::StrFormat("%.1f %%", value);
}

std::optional<RunNumbers> Numbers(const Overview& overview, size_t trial) {
  const int64_t run = overview.history.states[trial].run_id;
  if (run < 0 || overview.history.tracker == nullptr) return std::nullopt;
  return ReadNumbers(*overview.history.tracker, run);
}

int64_t TotalSteps(const Overview& overview, size_t trial) {
  const Assessment& assessment = overview.assessments[trial];
  if (assessment.max_steps > 0) return assessment.max_steps;
  if (overview.steps_per_epoch.empty()) return 0;
  return overview.steps_per_epoch[trial] *
         overview.trials[trial].spec.schedule().epochs();
}

std::string ShortStatus(TrialPhase phase) {
  switch (phase) {
    case TrialPhase::kFinished:
      return "finished";
    case TrialPhase::kStoppedEarly:
      return "stopped early";
    case TrialPhase::kGivenUp:
      return "given up";
    case TrialPhase::kRunning:
      return "running";
    case TrialPhase::kDue:
      return "to run";
    case TrialPhase::kWaiting:
      return "waits";
  }
  return "";
}

std::vector<std::string> LiveRow(const Overview& overview, size_t trial,
                                 const std::vector<std::string>& axes) {
  std::vector<std::string> row = Cells(overview.trials[trial], axes);
  const TrialPhase phase = overview.assessments[trial].phase;
  row.push_back(ShortStatus(phase));
  const auto numbers = Numbers(overview, trial);
  if (!numbers) {
    row.resize(row.size() + 4);
    return row;
  }
  row.push_back(
      std::isnan(numbers->epoch)
          ? ""
          : absl::StrFormat("%.1f/%d", numbers->epoch,
                            overview.trials[trial].spec.schedule().epochs()));
  row.push_back(std::isnan(numbers->loss) ? "" : FormatLoss(numbers->loss));
  row.push_back(Percent(numbers->knn_top1));
  std::string left;
  const int64_t steps = TotalSteps(overview, trial) - numbers->step;
  if (phase == TrialPhase::kRunning && numbers->images_per_second > 0 &&
      steps > 0) {
    left = FormatTime(
        absl::Seconds(static_cast<double>(steps) *
                      overview.trials[trial].spec.data().global_batch() /
                      numbers->images_per_second));
  }
  row.push_back(left);
  return row;
}

}  // namespace

std::string StatusText(const Overview& overview, size_t trial) {
  const TrialState& state = overview.history.states[trial];
  const Assessment& assessment = overview.assessments[trial];
  switch (assessment.phase) {
    case TrialPhase::kFinished: {
      std::string text = absl::StrCat("finished: ", state.run);
      const auto numbers = Numbers(overview, trial);
      if (numbers && !std::isnan(numbers->knn_top1)) {
        absl::StrAppend(&text, ", k-NN top-1 ", Percent(numbers->knn_top1));
      }
      if (!numbers) absl::StrAppend(&text, " (the tracker does not know it)");
      if (state.folder_gone) {
        absl::StrAppend(&text,
                        " (its folder is gone, the result counts;"
                        " --rerun_missing runs it again)");
      }
      return text;
    }
    case TrialPhase::kStoppedEarly:
      return absl::StrCat("stopped early: ", state.run, ", ", assessment.why);
    case TrialPhase::kGivenUp:
      return absl::StrCat("given up after ", assessment.failures,
                          assessment.failures == 1 ? " failure" : " failures",
                          assessment.why.empty() ? "" : ": ", assessment.why);
    case TrialPhase::kRunning:
      return absl::StrCat("running", state.run.empty() ? "" : ": ", state.run);
    case TrialPhase::kWaiting:
      return absl::StrCat("waits at its rung: ", state.run);
    case TrialPhase::kDue:
      break;
  }
  std::string text = "to run";
  if (state.status == TrialStatus::kUnfinished) {
    text = absl::StrCat("to resume: ", state.run);
    if (state.step > 0) {
      absl::StrAppend(&text, ", stopped near step ", FormatCount(state.step));
    }
  }
  if (assessment.max_steps > 0) {
    absl::StrAppend(&text, " up to step ", FormatCount(assessment.max_steps));
  }
  if (assessment.failures > 0) {
    absl::StrAppend(&text, ", failed ", assessment.failures, " of ",
                    overview.max_attempts, " times");
  }
  return text;
}

Rows PlanRows(const Overview& overview) {
  const std::vector<std::string> axes = Axes(overview.trials);
  Rows rows(1, axes);
  for (const char* name : {"seed", "spec", "status"}) rows[0].push_back(name);
  for (size_t i = 0; i < overview.trials.size(); ++i) {
    std::vector<std::string> row = Cells(overview.trials[i], axes);
    row.push_back(overview.trials[i].hash);
    row.push_back(StatusText(overview, i));
    rows.push_back(std::move(row));
  }
  return rows;
}

Rows LiveRows(const Overview& overview, size_t most) {
  const std::vector<std::string> axes = Axes(overview.trials);
  Rows rows(1, axes);
  for (const char* name : {"seed", "status", "epoch", "loss", "k-NN", "left"}) {
    rows[0].push_back(name);
  }
  std::vector<size_t> shown;
  for (size_t i = 0; i < overview.trials.size(); ++i) shown.push_back(i);
  if (shown.size() > most) {
    // What runs, what is next, what went wrong; then the rest, in order.
    const auto rank = [&](size_t trial) {
      const TrialPhase phase = overview.assessments[trial].phase;
      return phase == TrialPhase::kRunning   ? 0
             : phase == TrialPhase::kGivenUp ? 1
             : phase == TrialPhase::kDue     ? 2
                                             : 3;
    };
    std::stable_sort(shown.begin(), shown.end(),
                     [&](size_t a, size_t b) { return rank(a) < rank(b); });
    shown.resize(most > 0 ? most - 1 : 0);
    std::sort(shown.begin(), shown.end());
  }
  for (const size_t trial : shown) {
    rows.push_back(LiveRow(overview, trial, axes));
  }
  if (shown.size() < overview.trials.size()) {
    rows.emplace_back(rows[0].size());
    rows.back()[0] =
        absl::StrCat("and ", overview.trials.size() - shown.size(), " more");
  }
  return rows;
}

std::string CountText(const Overview& overview) {
  std::map<TrialPhase, int> counts;
  for (const Assessment& assessment : overview.assessments) {
    ++counts[assessment.phase];
  }
  std::string text = absl::StrCat(counts[TrialPhase::kFinished], " of ",
                                  overview.trials.size(), " finished");
  const auto add = [&](int count, const char* what) {
    if (count > 0) absl::StrAppend(&text, ", ", count, " ", what);
  };
  add(counts[TrialPhase::kRunning], "running");
  add(counts[TrialPhase::kStoppedEarly], "stopped early");
  add(counts[TrialPhase::kGivenUp], "given up");
  add(counts[TrialPhase::kDue] + counts[TrialPhase::kWaiting], "to go");
  return text;
}

std::vector<int64_t> StepsLeft(const Overview& overview) {
  std::vector<int64_t> left(overview.trials.size(), 0);
  for (size_t i = 0; i < left.size(); ++i) {
    const TrialPhase phase = overview.assessments[i].phase;
    if (phase != TrialPhase::kRunning && phase != TrialPhase::kDue) continue;
    left[i] = std::max<int64_t>(
        TotalSteps(overview, i) - overview.history.states[i].step, 1);
  }
  return left;
}

std::optional<absl::Duration> TimeLeft(const Overview& overview,
                                       const Estimator& estimator, int jobs,
                                       std::string* source) {
  if (overview.steps_per_epoch.empty()) return std::nullopt;
  const std::vector<int64_t> steps = StepsLeft(overview);
  // Each trial goes to the place that is free first, as the sweep does it.
  std::vector<absl::Duration> busy(std::max(jobs, 1));
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] == 0) continue;
    const auto speed = estimator.SpeedOf(overview.trials[i]);
    if (!speed) return std::nullopt;
    *source = speed->source;
    *std::min_element(busy.begin(), busy.end()) += speed->per_step * steps[i];
  }
  return *std::max_element(busy.begin(), busy.end());
}

}  // namespace snclr
