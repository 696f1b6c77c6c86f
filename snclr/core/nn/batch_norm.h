// SPDX-License-Identifier: MIT
// Batch normalisation over the batches of all ranks (SyncBatchNorm).
#ifndef SNCLR_CORE_NN_BATCH_NORM_H_
#define SNCLR_CORE_NN_BATCH_NORM_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>

#include "snclr/core/dist/process_group.h"

namespace snclr {

struct BatchNormOptions {
  int64_t features;    // C
  bool affine = true;  // weight 1 and bias 0 to begin with; else neither
  double epsilon = 1e-5;
  double momentum = 0.1;  // share of the new value in the running statistics
};

// y = (x - mean) / sqrt(var + epsilon) * weight + bias, per feature, with mean
// and biased variance over all rows, and places of an image's map, of all ranks
// (Ioffe and Szegedy, arXiv:1502.03167, Alg. 1). The running variance takes the
// unbiased one.
// Parameters weight, bias; buffers running_mean, running_var,
// num_batches_tracked, as PyTorch names them.
class BatchNorm : public torch::nn::Module {
 public:
  // `group` must outlive the module. Throws c10::Error on fewer than 1 feature.
  BatchNorm(const BatchNormOptions& options, ProcessGroup& group);

  // [B, C] -> [B, C], or maps [B, C, H, W] -> [B, C, H, W]. Every rank brings
  // the same shape. In training with W > 1: one
  // gather of [2, C] a call and one sum of [2, C] in its backward pass; every
  // rank must run backward in the same order. The gradients of weight and bias
  // are this rank's share. In evaluation: the running statistics, no exchange.
  // Throws c10::Error on a wrong shape, and on a single value per feature over
  // all ranks in training (it has no variance). Over ranks, statistics of a
  // bfloat16 input are made in the parameters' precision.
  at::Tensor Forward(const at::Tensor& input);

 private:
  at::Tensor ForwardOverRanks(const at::Tensor& input);

  const BatchNormOptions options_;
  ProcessGroup& group_;
  at::Tensor weight_;               // [C], undefined unless affine
  at::Tensor bias_;                 // [C], undefined unless affine
  at::Tensor running_mean_;         // [C]
  at::Tensor running_var_;          // [C]
  at::Tensor num_batches_tracked_;  // []
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_BATCH_NORM_H_
