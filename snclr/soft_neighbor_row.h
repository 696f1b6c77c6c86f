// SPDX-License-Identifier: MIT
// What SNCLR's loss computes of one query's K + 1 scores, forward and backward
// at once: the loss is a scalar, so what follows it only scales its gradients.
#ifndef SNCLR_SOFT_NEIGHBOR_ROW_H_
#define SNCLR_SOFT_NEIGHBOR_ROW_H_

#include <cmath>
#include <cstdint>

#include "snclr/core/ops/host_device.h"

namespace snclr {

// place = i, a query, in SoftNeighborLoss's notation (soft_neighbor_loss.h):
// s_j = q.c_j / T, w_0 = 1, log Z over the columns. Places touch nothing of
// each other.
template <typename T>
struct SoftNeighborRows {
  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t begin = i * (neighbors + 1);
    const T* const s = scores + begin;
    const T* const w = weights + i * neighbors;  // w[j - 1] is w_j
    T* const ds = score_slopes + begin;
    T* const dw = weight_slopes + i * neighbors;
    const T whole = own_columns ? WithOwnNeighbors(s, log_z[i]) : log_z[i];
    T d_whole;
    losses[i] = paper ? Paper(s, w, whole, ds, dw, &d_whole)
                      : Code(s, w, whole, ds, dw, &d_whole);
    log_z_slopes[i] = d_whole;
    if (!own_columns) return;
    log_z_slopes[i] = d_whole * std::exp(log_z[i] - whole);
    for (int64_t j = 1; j <= neighbors; ++j) {
      ds[j] += d_whole * std::exp(s[j] - whole);
    }
  }

  // log( exp(log Z) + sum_{j > 0} exp(s_j) ).
  SNCLR_HOST_DEVICE T WithOwnNeighbors(const T* s, T log_z_of_columns) const {
    T maximum = log_z_of_columns;
    for (int64_t j = 1; j <= neighbors; ++j) {
      maximum = s[j] > maximum ? s[j] : maximum;
    }
    T sum = std::exp(log_z_of_columns - maximum);
    for (int64_t j = 1; j <= neighbors; ++j) sum += std::exp(s[j] - maximum);
    return maximum + std::log(sum);
  }

  // 2T sum_j w_j (log Z - s_j).
  SNCLR_HOST_DEVICE T Code(const T* s, const T* w, T whole, T* ds, T* dw,
                           T* d_whole) const {
    const T factor = 2 * temperature;
    T sum = 1, weighted = s[0];
    ds[0] = -factor;
    for (int64_t j = 1; j <= neighbors; ++j) {
      sum += w[j - 1];
      weighted += w[j - 1] * s[j];
      ds[j] = -factor * w[j - 1];
      dw[j - 1] = factor * (whole - s[j]);
    }
    *d_whole = factor * sum;
    return factor * (sum * whole - weighted);
  }

  // log Z - log sum_j w_j exp(s_j); w_j that are 0 get no gradient.
  SNCLR_HOST_DEVICE T Paper(const T* s, const T* w, T whole, T* ds, T* dw,
                            T* d_whole) const {
    T maximum = s[0];
    for (int64_t j = 1; j <= neighbors; ++j) {
      if (w[j - 1] > 0 && s[j] > maximum) maximum = s[j];
    }
    T sum = std::exp(s[0] - maximum);
    for (int64_t j = 1; j <= neighbors; ++j) {
      if (w[j - 1] > 0) sum += w[j - 1] * std::exp(s[j] - maximum);
    }
    ds[0] = -std::exp(s[0] - maximum) / sum;
    for (int64_t j = 1; j <= neighbors; ++j) {
      const T term = w[j - 1] > 0 ? std::exp(s[j] - maximum) / sum : T(0);
      dw[j - 1] = -term;
      ds[j] = -term * w[j - 1];
    }
    *d_whole = 1;
    return whole - maximum - std::log(sum);
  }

  const T* scores;    // [B, K+1]
  const T* weights;   // [B, K]
  const T* log_z;     // [B]
  int64_t neighbors;  // K
  T temperature;
  bool paper;        // the objective PAPER, else CODE
  bool own_columns;  // the columns lack the own neighbours: they are added

  T* losses;         // [B]
  T* score_slopes;   // [B, K+1]
  T* weight_slopes;  // [B, K]
  T* log_z_slopes;   // [B]
};

}  // namespace snclr

#endif  // SNCLR_SOFT_NEIGHBOR_ROW_H_
