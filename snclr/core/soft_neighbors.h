// SPDX-License-Identifier: MIT
// What a method that learns from neighbours can show of them, for snapshots of
// a run. A method implements this beside Method where it has something to show.
#ifndef SNCLR_CORE_SOFT_NEIGHBORS_H_
#define SNCLR_CORE_SOFT_NEIGHBORS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

// Of each of B images the K most similar of N others, most similar first.
struct SoftNeighbors {
  at::Tensor index;         // [B, K] int64, in [0, N)
  at::Tensor similarity;    // [B, K], cosine of the keys
  at::Tensor positiveness;  // [B, K], how much of a positive each one would be
};

// The K most similar of N rows for rows `own` [B] (int64) of unit_keys [N, D],
// no row being its own neighbour. Leaves positiveness undefined. Throws
// c10::Error where K is not below N.
SoftNeighbors NearestOthers(const at::Tensor& own, const at::Tensor& unit_keys,
                            int64_t neighbors);

// Looking changes nothing: no parameter, no running statistic, no bank. All
// networks are in evaluation mode meanwhile; no gradient. Throws c10::Error.
class ShowsSoftNeighbors {
 public:
  virtual ~ShowsSoftNeighbors() = default;

  // K; 0 where this run has no neighbours to show.
  virtual int64_t NeighborCount() const = 0;

  // What neighbours are sought by: images [N, 3, S, S] -> [N, D], norm 1.
  virtual at::Tensor UnitKeys(const at::Tensor& images) = 0;

  // images [B, 3, S, S], which are rows `own` [B] (int64) of unit_keys [N, D]:
  // no image is its own neighbour. K is NeighborCount(), at most N - 1.
  virtual SoftNeighbors NeighborsAmong(const at::Tensor& images,
                                       const at::Tensor& own,
                                       const at::Tensor& unit_keys) = 0;
};

}  // namespace snclr

#endif  // SNCLR_CORE_SOFT_NEIGHBORS_H_
