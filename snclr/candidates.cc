// SPDX-License-Identifier: MIT
#include "snclr/candidates.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/record_function.h>

namespace snclr {

Candidates GatherCandidates(const at::Tensor& unit_keys,
                            const NeighborBank& bank,
                            const CandidateOptions& options,
                            ProcessGroup& group) {
  RECORD_USER_SCOPE("step.bank");
  const at::NoGradGuard no_gradient;
  const bool shared = options.scope == GLOBAL && group.size() > 1;
  const bool keys_alone =
      options.neighbors == 0 || !options.neighbors_as_negatives;

  Candidates candidates;
  candidates.own = unit_keys.unsqueeze(1);
  if (options.neighbors > 0) {
    candidates.neighbors = bank.TopK(unit_keys, options.neighbors);
    candidates.own = at::cat({candidates.own, candidates.neighbors.rows}, 1);
    // The same memory: what follows reads the neighbours as part of `own`.
    candidates.neighbors.rows = candidates.own.narrow(1, 1, options.neighbors);
  }

  candidates.pushed = unit_keys;
  if (shared || keys_alone) {
    candidates.columns_global = group.AllGather(unit_keys);
    if (shared) candidates.pushed = candidates.columns_global;
    if (!keys_alone) {
      const at::Tensor index_global =
          group.AllGather(candidates.neighbors.index);  // [W B, K]
      candidates.columns_global = at::cat(
          {candidates.columns_global, bank.Rows(index_global.reshape({-1}))});
    }
    return candidates;
  }
  candidates.columns_global = group.AllGather(candidates.own).flatten(0, 1);
  return candidates;
}

}  // namespace snclr
