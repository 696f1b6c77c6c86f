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
// A group by method; run, method, seed and status are what its counted runs
// share, else null:
//   {"run": null, "method": "snclr", "seed": null, "status": "finished", "n":
//   2,
//    "knn_top1": 71.0, "knn_top1_std": 0.4, "knn_top1_n": 2,
//    "runs": ["quick/1", "quick/2"], "seeds": [1, 2],
//    "left_out": [{"run": "quick/3", "status": "failed"}]}
// Other group_by fields stand under their own names, as numbers where they are.
// Ends with a line break.
std::string RenderJson(const Comparison& comparison);

}  // namespace snclr

#endif  // TOOLS_COMPARE_RENDER_JSON_H_
