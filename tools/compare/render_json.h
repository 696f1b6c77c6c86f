// SPDX-License-Identifier: MIT
// A comparison for programs: an array of objects, one for each run or group.
#ifndef TOOLS_COMPARE_RENDER_JSON_H_
#define TOOLS_COMPARE_RENDER_JSON_H_

#include <string>

#include "tools/compare/comparison.h"

namespace snclr {

// A run:
//   {"run": "quick/1", "name": "quick", "method": "snclr", "seed": 1,
//    "status": "finished", "knn_top1": 71.2}
// A group by method; run, name, method, seed and status are what its counted
// runs share (where none counts, those left out), else null:
//   {"run": null, "name": "quick", "method": "snclr", "seed": null,
//    "status": "finished", "n": 2, "is_baseline": false,
//    "knn_top1": 71.0, "knn_top1_std": 0.4, "knn_top1_n": 2,
//    "statistics": {"knn_top1": {
//      "n": 2, "mean": 71.0, "sd": 0.4, "ci_low": 67.4, "ci_high": 74.6,
//      "difference": {"to": "moco_v3", "mean": 1.2, "ci_low": -0.3,
//                     "ci_high": 2.7, "test": "paired", "p": 0.07,
//                     "p_holm": 0.14, "told_apart": false}}},
//    "runs": ["quick/1", "quick/2"], "seeds": [1, 2],
//    "left_out": [{"run": "quick/3", "status": "failed"}]}
// The columns of the grouping stand under their own names, as numbers where
// they are. is_baseline and difference are there where there is a baseline;
// ci_* and p are null where they can't be told. The row of an ablation begins
// with "factor" and "value". Of two things with one name (a metric called
// "seed") the first one holds; statistics has every metric. A number that is
// none is null. Ends with a line break.
std::string RenderJson(const Comparison& comparison);

}  // namespace snclr

#endif  // TOOLS_COMPARE_RENDER_JSON_H_
