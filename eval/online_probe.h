// SPDX-License-Identifier: MIT
// A linear classifier that is trained beside a method, on its features and on
// labels that the method does not see (eval.proto, OnlineProbeSpec).
#ifndef EVAL_ONLINE_PROBE_H_
#define EVAL_ONLINE_PROBE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "eval/linear_heads.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

class OnlineProbe {
 public:
  // `group` must outlive it. Every rank begins with the same weights.
  OnlineProbe(int64_t feature_dim, int64_t classes, double learning_rate,
              uint64_t seed, ProcessGroup& group, at::Device device = at::kCPU);

  // One step of SGD on a batch's labelled images, over all ranks: W ranks equal
  // one rank with the global batch. Returns the percentage that was right
  // before the step, a running mean of which the last 100 steps or so decide: a
  // zero-dimensional tensor of its own, on the device, not waited for. Without
  // a labelled image nothing changes. Throws c10::Error. One collective.
  //
  //   features  [B, E] float, bfloat16 or float16; constant
  //   labels    [B]    int64 in [0, C) or kUnlabelled, on the CPU
  at::Tensor Step(const at::Tensor& features, const at::Tensor& labels);

  // All that changes in a step, as aliases: a resumed run gets it back.
  NamedTensors State() const;

 private:
  ProcessGroup& group_;
  LinearHeads head_;
  at::Tensor steps_;  // [] int64, CPU
  at::Tensor top1_;   // [] float, percent
};

}  // namespace snclr

#endif  // EVAL_ONLINE_PROBE_H_
