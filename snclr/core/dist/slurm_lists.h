// SPDX-License-Identifier: MIT
// The compressed lists in Slurm's variables.
#ifndef SNCLR_CORE_DIST_SLURM_LISTS_H_
#define SNCLR_CORE_DIST_SLURM_LISTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace snclr {

// "node[08-11,15],login1" -> "node08"; several brackets are taken in turn.
// Empty where the list is.
std::string FirstSlurmHost(absl::string_view hosts);

// The number of tasks on node `node` (from 0) of "2(x3),1". Nothing where the
// list is shorter or no such list.
std::optional<int64_t> SlurmTasksOnNode(absl::string_view tasks, int64_t node);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_SLURM_LISTS_H_
