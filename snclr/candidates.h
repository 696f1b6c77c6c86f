// SPDX-License-Identifier: MIT
// What a direction of the loss compares its queries with, brought together from
// the bank and from all ranks.
#ifndef SNCLR_CANDIDATES_H_
#define SNCLR_CANDIDATES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "snclr/core/dist/process_group.h"
#include "snclr/core/neighbor_bank.h"
#include "snclr/snclr.pb.h"

namespace snclr {

struct CandidateOptions {
  int64_t neighbors;            // K; 0: keys alone
  bool neighbors_as_negatives;  // see SoftNeighborLossOptions
  BankScope scope;
};

// Arguments of SoftNeighborLoss, and what metrics and the bank need. All are
// copies: a push into the bank afterwards does not reach them.
struct Candidates {
  at::Tensor own;             // [B, K+1, D], keys first
  at::Tensor columns_global;  // [N, D]
  at::Tensor pushed;    // keys that the bank is to get: [B, D] of this rank
                        // where LOCAL, [W B, D] where GLOBAL
  Neighbors neighbors;  // undefined tensors where K = 0
};

// Looks up the neighbours of this rank's keys (unit_keys [B, D], rows of norm
// 1) in `bank`, and gathers the columns of Z over the ranks.
//
// What travels, per rank: with neighbours as negatives B(K+1) rows where the
// bank is LOCAL, but B rows and BK indices where it is GLOBAL, since then every
// rank holds the rows; without, B rows. Every rank calls it in the same order.
Candidates GatherCandidates(const at::Tensor& unit_keys,
                            const NeighborBank& bank,
                            const CandidateOptions& options,
                            ProcessGroup& group);

}  // namespace snclr

#endif  // SNCLR_CANDIDATES_H_
