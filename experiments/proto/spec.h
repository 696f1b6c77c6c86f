// SPDX-License-Identifier: MIT
// From a spec file and --set flags to the resolved spec that a run reads.
#ifndef EXPERIMENTS_PROTO_SPEC_H_
#define EXPERIMENTS_PROTO_SPEC_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/proto/experiment.pb.h"

namespace snclr {

// Reads `path` and its bases (ExperimentSpec.base), each file over its base;
// then applies `assignments` in order, as --set takes them (assignment.h):
// "optimizer.base_lr=3e-4", "snclr.bank={rows: 10}"; then fills defaults, with
// the checksum of initial weights (initial_weights.h), and validates.
// InvalidArgument lists every problem, one a line,
//
//   specs/a.textproto:7:3: snclr.neighbours: no such field; did you mean
//   'snclr.neighbors'?        (without this line break)
//
// with the file, line and column, or the assignment, that set the field.
// NotFound for a missing file.
absl::StatusOr<ExperimentSpec> LoadSpec(
    const std::string& path, const std::vector<std::string>& assignments);

// An assignment and where it stands, for messages: a line of a sweep's file.
struct PlacedAssignment {
  std::string text;
  std::string place;
};

// LoadSpec with assignments that are no flags.
absl::StatusOr<ExperimentSpec> LoadSpecWith(
    const std::string& path, const std::vector<PlacedAssignment>& assignments);

// Defaults and validation for a spec that was made in memory; `origin` stands
// where a file name would in messages. A resolved spec comes back as it is, but
// for defaults of fields that are newer than it.
absl::StatusOr<ExperimentSpec> ResolveSpec(ExperimentSpec spec,
                                           const std::string& origin);

// A resolved spec (a checkpoint's) with some fields set anew, as LoadSpec sets
// them: another data set for an evaluation, another k.
absl::StatusOr<ExperimentSpec> ChangeSpec(
    ExperimentSpec spec, const std::string& origin,
    const std::vector<std::string>& assignments);

// Text format with every field that is set, stable across runs.
std::string SpecToText(const ExperimentSpec& spec);

// 16 hexadecimal digits of the resolved spec; two runs with the same hash
// compute the same numbers on the same machine. Fields that are marked neutral
// (how the run is watched, saved and paced: question, tracking, checkpoint,
// watch, loader threads) do not count. The same in every process and build.
std::string SpecHash(const ExperimentSpec& spec);

// Every leaf of the spec by its path: {"optimizer.base_lr": "0.0005", ...}; a
// message in which nothing is set is "{}".
std::map<std::string, std::string> FlattenSpec(const ExperimentSpec& spec);

// The paths whose values differ, "path: a -> b" each, sorted by path; "(unset)"
// where one has no value.
std::vector<std::string> DiffSpecs(const ExperimentSpec& a,
                                   const ExperimentSpec& b);

// "snclr": which arm of the method oneof is set; "" for none.
std::string MethodName(const ExperimentSpec& spec);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_SPEC_H_
