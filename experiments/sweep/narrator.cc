// SPDX-License-Identifier: MIT
#include "experiments/sweep/narrator.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "experiments/sweep/sweep_file.h"
#include "experiments/sweep/table.h"
#include "experiments/trainer/environment.h"
#include "experiments/trainer/format.h"

namespace snclr {
namespace {

constexpr absl::Duration kDrawEvery = absl::Seconds(1);
constexpr absl::Duration kPlainEvery = absl::Minutes(1);
// Reads every run there is: not at each drawing.
constexpr absl::Duration kEstimateEvery = absl::Seconds(15);

std::string HostName() {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return host;
}

}  // namespace

Narrator::Narrator(std::FILE* screen, const NarratorFacts& facts,
                   const SweepSpec& spec)
    : facts_(facts), spec_(spec), screen_(screen) {}

void Narrator::Head(const Overview& overview,
                    const std::vector<std::string>& notes) {
  const size_t count = overview.trials.size();
  Line(absl::StrCat("sweep ", facts_.name, ": ", count,
                    count == 1 ? " trial" : " trials", " in ", facts_.out, "/",
                    facts_.name));
  Line("  question  " + spec_.question());
  Line("  launcher  " + facts_.launcher);
  Line("  stands    " + CountText(overview));
  Line("  time      " + Estimate(overview));
  for (const std::string& note : notes) Line("  note      " + note);
}

void Narrator::Plan(const Overview& overview) {
  for (const std::string& line :
       FormatTable(PlanRows(overview), screen_.columns())) {
    Line(line);
  }
}

void Narrator::Show(const Overview& overview) {
  const absl::Time now = absl::Now();
  if (now - shown_ < (screen_.live() ? kDrawEvery : kPlainEvery)) return;
  const bool is_first = shown_ == absl::InfinitePast();
  shown_ = now;
  const std::string progress =
      absl::StrCat(CountText(overview), "; ", Estimate(overview));
  if (!screen_.live()) {
    if (!is_first) Line("          " + progress);
    return;
  }
  // Below the table its heading and the line on the whole have their place.
  std::vector<std::string> lines =
      FormatTable(LiveRows(overview, screen_.rows() - 2), screen_.columns());
  lines.push_back(progress.substr(0, screen_.columns()));
  screen_.Draw(lines);
}

void Narrator::Stopped(const Overview& overview) {
  DrawLast(overview);
  Line("Stopped: " + CountText(overview));
  Line("  to go on  " + (facts_.after_stop.empty() ? "the same command again"
                                                   : facts_.after_stop));
}

void Narrator::End(const Overview& overview) {
  DrawLast(overview);
  Line(absl::StrCat("Sweep ", facts_.name, ": ", CountText(overview)));
  bool is_any_given_up = false;
  for (size_t i = 0; i < overview.trials.size(); ++i) {
    const TrialPhase phase = overview.assessments[i].phase;
    if (phase != TrialPhase::kStoppedEarly && phase != TrialPhase::kGivenUp) {
      continue;
    }
    is_any_given_up = is_any_given_up || phase == TrialPhase::kGivenUp;
    Line(absl::StrCat("  ", TrialName(overview.trials[i]), ": ",
                      StatusText(overview, i)));
  }
  if (is_any_given_up) {
    Line("  again     the same command with --retry_failed");
  }
  Line("  results   " + CompareCommand());
}

std::string Narrator::Estimate(const Overview& overview) {
  if (overview.history.tracker != nullptr &&
      absl::Now() - estimator_made_ > kEstimateEvery) {
    auto made = Estimator::Create(*overview.history.tracker, HostName());
    if (made.ok()) estimator_ = *std::move(made);
    estimator_made_ = absl::Now();
  }
  std::string source;
  const auto left = TimeLeft(overview, estimator_ ? *estimator_ : Estimator(),
                             facts_.jobs, &source);
  if (!left) return "unknown until the first trial ends";
  if (*left == absl::ZeroDuration()) return "nothing left to do";
  return absl::StrCat("about ", FormatTime(*left), " left, from ", source);
}

void Narrator::DrawLast(const Overview& overview) {
  if (!screen_.live()) return;
  screen_.Draw(
      FormatTable(LiveRows(overview, screen_.rows() - 2), screen_.columns()));
  screen_.Keep();
}

// With the fields that the sweep varies, as tools:compare groups by them.
std::string Narrator::CompareCommand() const {
  std::vector<std::string> fields;
  const auto add = [&](const std::string& field) {
    if (std::find(fields.begin(), fields.end(), field) == fields.end()) {
      fields.push_back(field);
    }
  };
  for (const AxisSpec& axis : spec_.axes()) {
    if (axis.has_path()) add(axis.path());
    for (const VariantSpec& variant : axis.variants()) {
      // Another spec is, in all that ships, another method.
      if (variant.has_spec()) add("method");
      for (const std::string& text : variant.set()) add(AssignedPath(text));
    }
  }
  for (const DrawSpec& draw : spec_.random().draws()) add(draw.path());
  return absl::StrCat(
      "tools/bazel run //tools:compare -- --metric=knn_top1 --where=name=",
      facts_.name,
      fields.empty() ? "" : " --group_by=", absl::StrJoin(fields, ","),
      " --db=", ShellQuoted(facts_.db));
}

}  // namespace snclr
