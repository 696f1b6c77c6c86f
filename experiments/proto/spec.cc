// SPDX-License-Identifier: MIT
#include "experiments/proto/spec.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/proto/assignment.h"
#include "experiments/proto/check_spec.h"
#include "experiments/proto/dependent_defaults.h"
#include "experiments/proto/field_rules.h"
#include "experiments/proto/initial_weights.h"
#include "experiments/proto/problems.h"
#include "experiments/proto/spec_file.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// Problems of reading come first, those of what was read after them.
absl::StatusOr<ExperimentSpec> Finish(ExperimentSpec spec, const Places& places,
                                      Problems problems) {
  FillDefaults(&spec, &problems);
  FillDependentDefaults(&spec);
  CheckRules(spec, places, &problems);
  CheckSpec(spec, places, &problems);
  RETURN_IF_ERROR(problems.status());
  return spec;
}

}  // namespace

absl::StatusOr<ExperimentSpec> LoadSpec(
    const std::string& path, const std::vector<std::string>& assignments) {
  std::vector<PlacedAssignment> placed;
  for (const std::string& assignment : assignments) {
    placed.push_back({assignment, absl::StrCat("--set=", assignment)});
  }
  return LoadSpecWith(path, placed);
}

absl::StatusOr<ExperimentSpec> LoadSpecWith(
    const std::string& path, const std::vector<PlacedAssignment>& assignments) {
  ExperimentSpec spec;
  Places places(path);
  Problems problems;
  RETURN_IF_ERROR(ReadSpecFile(path, &spec, &places, &problems));
  for (const PlacedAssignment& assignment : assignments) {
    ApplyAssignment(assignment.text, assignment.place, &spec, &places,
                    &problems);
  }
  ResolveInitialWeights(places, &spec, &problems);
  return Finish(std::move(spec), places, std::move(problems));
}

absl::StatusOr<ExperimentSpec> ResolveSpec(ExperimentSpec spec,
                                           const std::string& origin) {
  Problems problems;
  if (spec.has_base()) {
    problems.Add(origin, "base", "can only be set in a spec file");
  }
  return Finish(std::move(spec), Places(origin), std::move(problems));
}

absl::StatusOr<ExperimentSpec> ChangeSpec(
    ExperimentSpec spec, const std::string& origin,
    const std::vector<std::string>& assignments) {
  Places places(origin);
  Problems problems;
  for (const std::string& assignment : assignments) {
    ApplyAssignment(assignment, &spec, &places, &problems);
  }
  return Finish(std::move(spec), places, std::move(problems));
}

}  // namespace snclr
