// SPDX-License-Identifier: MIT
// Runs and groups of runs side by side: what a table, a report or a program
// shows of them.
//
//   Query query;
//   query.metrics = {"knn_top1"};
//   ASSIGN_OR_RETURN(query.baseline, ParseConditions("method=moco_v3"));
//   ASSIGN_OR_RETURN(const Comparison comparison,
//                    MakeComparison(*tracker, query));
//   for (const std::string& note : Notes(comparison)) ...   // notes.h
#ifndef TOOLS_COMPARE_COMPARISON_H_
#define TOOLS_COMPARE_COMPARISON_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/tracker/tracker.h"
#include "tools/compare/ablation.h"
#include "tools/compare/aggregate.h"
#include "tools/compare/select.h"
#include "tools/compare/settings.h"

namespace snclr {

struct Comparison {
  Query query;
  std::vector<SelectedRun> runs;
  Settings settings;                     // of the runs
  std::vector<std::string> columns;      // of the groups' keys; none: runs are
                                         // listed one by one, in one group
  std::vector<std::string> also_differ;  // between groups, but no column
  std::vector<Group> groups;
  std::optional<size_t> baseline;  // index of a group
  // With query.ablation: its rows, and the labels of the groups that are left
  // out of `groups` as they differ from the baseline in several factors.
  std::vector<AblationRow> ablation;
  std::vector<std::string> not_ablated;

  bool is_grouped() const { return !columns.empty(); }
};

// "snclr", or "snclr.neighbors=5, snclr.temperature=0.2": what tells it apart.
std::string GroupLabel(const Comparison& comparison, const Group& group);

// Select, group, aggregate and compare. Without runs (none yet, or none that
// matches) the result has none. InvalidArgument for names that no run has, and
// for a baseline that fits no group or several.
absl::StatusOr<Comparison> MakeComparison(const Tracker& tracker,
                                          const Query& query);

}  // namespace snclr

#endif  // TOOLS_COMPARE_COMPARISON_H_
