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

// Reads `path` and its bases, applies `assignments` ("optimizer.base_lr=3e-4")
// in order, fills defaults and validates. InvalidArgument lists every problem,
// one a line: file, line, column, field path, what was wanted, "did you mean".
// NotFound for a missing file.
absl::StatusOr<ExperimentSpec> LoadSpec(
    const std::string& path, const std::vector<std::string>& assignments);

// Defaults and validation for a spec that was made in memory; `origin` stands
// where a file name would in messages.
absl::StatusOr<ExperimentSpec> ResolveSpec(ExperimentSpec spec,
                                           const std::string& origin);

// Text format with every field that is set, stable across runs.
std::string SpecToText(const ExperimentSpec& spec);

// 16 hexadecimal digits of the resolved spec; two runs with the same hash
// compute the same numbers on the same machine. Fields that only say how a run
// is watched (tracking, question) do not count.
std::string SpecHash(const ExperimentSpec& spec);

// Every leaf of the spec by its path: {"optimizer.base_lr": "0.0005", ...}.
std::map<std::string, std::string> FlattenSpec(const ExperimentSpec& spec);

// The paths whose values differ, "path: a -> b" each.
std::vector<std::string> DiffSpecs(const ExperimentSpec& a,
                                   const ExperimentSpec& b);

// "snclr": which arm of the method oneof is set.
std::string MethodName(const ExperimentSpec& spec);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_SPEC_H_
