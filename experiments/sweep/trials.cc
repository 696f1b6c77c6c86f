// SPDX-License-Identifier: MIT
#include "experiments/sweep/trials.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "experiments/proto/spec.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

std::string NameOf(
    const std::vector<std::pair<std::string, std::string>>& labels,
    const std::string& seed) {
  std::vector<std::string> parts;
  for (const auto& [axis, value] : labels) {
    parts.push_back(absl::StrCat(axis, "=", value));
  }
  if (!seed.empty()) parts.push_back("seed=" + seed);
  return parts.empty() ? "the only trial" : absl::StrJoin(parts, " ");
}

// Each line of every trial's status, with the trials that have it.
class AllProblems {
 public:
  void Add(const absl::Status& status, const TrialRecipe& recipe) {
    const std::string trial =
        NameOf(recipe.labels, recipe.seed ? absl::StrCat(*recipe.seed) : "");
    for (absl::string_view line : absl::StrSplit(status.message(), '\n')) {
      // A missing spec file: nobody has said who names it.
      std::string problem(line);
      if (absl::IsNotFound(status)) {
        problem = absl::StrCat(recipe.spec_place, ": ", line);
      }
      auto [entry, is_new] = trials_.try_emplace(problem);
      if (is_new) order_.push_back(problem);
      entry->second.push_back(trial);
    }
  }

  absl::Status status() const {
    std::vector<std::string> lines;
    for (const std::string& problem : order_) {
      const std::vector<std::string>& names = trials_.at(problem);
      lines.push_back(absl::StrCat(
          problem, " (", names[0],
          names.size() == 1 ? ""
                            : absl::StrCat(" and ", names.size() - 1, " more"),
          ")"));
    }
    if (lines.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<std::string>> trials_;
};

}  // namespace

std::string TrialName(const Trial& trial) {
  return NameOf(trial.labels, absl::StrCat(trial.seed));
}

absl::StatusOr<TrialList> MakeTrials(const SweepFile& file,
                                     const std::vector<std::string>& extra) {
  ASSIGN_OR_RETURN(const std::vector<TrialRecipe> recipes, Expand(file, extra));
  TrialList list;
  AllProblems problems;
  std::map<std::string, size_t> trial_of_hash;
  for (const TrialRecipe& recipe : recipes) {
    auto spec = LoadSpecWith(recipe.spec_file, recipe.assignments);
    if (!spec.ok()) {
      problems.Add(spec.status(), recipe);
      continue;
    }
    Trial trial;
    trial.labels = recipe.labels;
    trial.seed = spec->seed();
    trial.configuration = recipe.configuration;
    trial.hash = SpecHash(*spec);
    trial.spec = *std::move(spec);
    const auto [same, is_new] =
        trial_of_hash.emplace(trial.hash, list.trials.size());
    if (is_new) {
      list.trials.push_back(std::move(trial));
    } else {
      list.notes.push_back(absl::StrCat(TrialName(trial),
                                        " is the same run as ",
                                        TrialName(list.trials[same->second])));
    }
  }
  RETURN_IF_ERROR(problems.status());
  return list;
}

}  // namespace snclr
