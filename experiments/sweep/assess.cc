// SPDX-License-Identifier: MIT
#include "experiments/sweep/assess.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "experiments/proto/field_text.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// The metric of a run at a step: its newest point there or within the interval
// at which metrics are recorded, but nothing older.
absl::StatusOr<std::optional<double>> ValueAt(const Tracker& tracker,
                                              int64_t run_id,
                                              const std::string& metric,
                                              int64_t step,
                                              int64_t recorded_every) {
  ASSIGN_OR_RETURN(const auto series, tracker.Series(run_id, metric));
  std::optional<double> value;
  for (const MetricPoint& point : series) {
    if (point.step <= step && point.step > step - recorded_every) {
      value = point.value;
    }
  }
  return value;
}

HalvingRule RuleOf(const HalvingSpec& spec) {
  HalvingRule rule;
  rule.rungs = std::max(spec.rung_epochs_size(), spec.rung_shares_size());
  rule.maximize = spec.goal() == MAXIMIZE;
  rule.keep = spec.keep();
  return rule;
}

absl::StatusOr<std::vector<HalvingVerdict>> Verdicts(
    const SweepSpec& sweep, const std::vector<Trial>& trials,
    const History& history, const std::vector<bool>& ended,
    const std::vector<std::vector<int64_t>>& rung_steps) {
  if (!sweep.has_early_stopping()) {
    return std::vector<HalvingVerdict>(trials.size());
  }
  const HalvingSpec& halving = sweep.early_stopping();
  std::vector<HalvingTrial> seen;
  for (size_t i = 0; i < trials.size(); ++i) {
    HalvingTrial trial;
    trial.configuration = trials[i].configuration;
    trial.seed = trials[i].seed;
    trial.ended = ended[i];
    trial.at_rung.resize(rung_steps[i].size());
    for (size_t rung = 0; rung < rung_steps[i].size(); ++rung) {
      if (history.states[i].run_id < 0) continue;
      ASSIGN_OR_RETURN(trial.at_rung[rung],
                       ValueAt(*history.tracker, history.states[i].run_id,
                               halving.metric(), rung_steps[i][rung],
                               trials[i].spec.tracking().every_steps()));
    }
    seen.push_back(std::move(trial));
  }
  return Halve(seen, RuleOf(halving));
}

}  // namespace

absl::StatusOr<std::vector<std::vector<int64_t>>> RungSteps(
    const SweepSpec& sweep, const std::vector<Trial>& trials,
    const std::vector<int64_t>& steps_per_epoch) {
  std::vector<std::vector<int64_t>> all(trials.size());
  const HalvingSpec& halving = sweep.early_stopping();
  for (size_t i = 0; i < trials.size(); ++i) {
    const double epochs = trials[i].spec.schedule().epochs();
    const double per_epoch = static_cast<double>(steps_per_epoch[i]);
    std::vector<double> rungs(halving.rung_epochs().begin(),
                              halving.rung_epochs().end());
    for (const double share : halving.rung_shares()) {
      rungs.push_back(share * epochs);
    }
    for (const double rung : rungs) {
      const int64_t step = std::llround(rung * per_epoch);
      if (step < 1 || step >= std::llround(epochs * per_epoch)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "early_stopping: the rung at epoch ", NumberToText(rung),
            " is not before the end of ", TrialName(trials[i]), ", which has ",
            NumberToText(epochs), " epochs"));
      }
      all[i].push_back(step);
    }
  }
  return all;
}

absl::StatusOr<std::vector<Assessment>> Assess(
    const SweepSpec& sweep, const std::vector<Trial>& trials,
    const History& history, const AttemptLog& attempts,
    const std::vector<std::vector<int64_t>>& rung_steps,
    const std::map<std::string, std::string>& put_off) {
  std::vector<Assessment> assessments(trials.size());
  std::vector<bool> ended(trials.size());
  for (size_t i = 0; i < trials.size(); ++i) {
    const TrialState& state = history.states[i];
    Assessment& assessment = assessments[i];
    assessment.failures = attempts.Failures(trials[i].hash);
    if (state.status == TrialStatus::kFinished) {
      assessment.phase = TrialPhase::kFinished;
    } else if (state.status == TrialStatus::kRunning) {
      assessment.phase = TrialPhase::kRunning;
    } else if (const auto off = put_off.find(trials[i].hash);
               off != put_off.end()) {
      assessment.phase = TrialPhase::kGivenUp;
      assessment.why = off->second;
    } else if (assessment.failures >= sweep.max_attempts()) {
      assessment.phase = TrialPhase::kGivenUp;
      assessment.why = attempts.LastReason(trials[i].hash);
    }
    ended[i] = assessment.phase == TrialPhase::kFinished ||
               assessment.phase == TrialPhase::kGivenUp;
  }
  ASSIGN_OR_RETURN(const std::vector<HalvingVerdict> verdicts,
                   Verdicts(sweep, trials, history, ended, rung_steps));
  for (size_t i = 0; i < trials.size(); ++i) {
    Assessment& assessment = assessments[i];
    if (assessment.phase != TrialPhase::kDue) continue;
    const HalvingVerdict& verdict = verdicts[i];
    if (verdict.stopped_at >= 0) {
      assessment.phase = TrialPhase::kStoppedEarly;
      assessment.why = verdict.why;
    } else if (verdict.target < static_cast<int>(rung_steps[i].size())) {
      assessment.max_steps = rung_steps[i][verdict.target];
      const TrialState& state = history.states[i];
      std::optional<double> value;
      if (state.run_id >= 0) {
        ASSIGN_OR_RETURN(
            value,
            ValueAt(*history.tracker, state.run_id,
                    sweep.early_stopping().metric(), assessment.max_steps,
                    trials[i].spec.tracking().every_steps()));
      }
      if (value) assessment.phase = TrialPhase::kWaiting;
    }
  }
  return assessments;
}

}  // namespace snclr
