// SPDX-License-Identifier: MIT
// Linear classifiers that differ in nothing but their learning rate, trained on
// the same batches at once: a sweep costs one product of matrices a step.
#ifndef EVAL_LINEAR_HEADS_H_
#define EVAL_LINEAR_HEADS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "snclr/core/nn/named_tensor.h"

namespace snclr {

struct LinearHeadsOptions {
  std::vector<double> learning_rates;  // one for each of H heads, at its peak
  double momentum = 0.9;
  uint64_t seed = 1;
};

// H heads of C classes on features of E columns: softmax regression by SGD with
// momentum, without weight decay, in PyTorch's form:
//
//   loss = mean_i -log softmax(W x_i + b)[label_i]
//   v = momentum v + gradient,   (W, b) -= learning_rate scale v
//
// Weights begin as draws of N(0, 0.01^2), the same for every head; biases and v
// as 0 (MoCo v3, main_lincls.py). Nothing of it uses autograd, and nothing but
// features, labels and seed decides the result. Functions throw c10::Error.
class LinearHeads {
 public:
  // On the device of `like`, in float.
  LinearHeads(int64_t feature_dim, int64_t classes,
              const LinearHeadsOptions& options, at::Device device = at::kCPU);

  // The gradient of every head's loss, [H C, E + 1], the bias in the last
  // column.
  //
  //   features  [B, E] float, constant, B >= 1
  //   labels    [B]    int64 in [0, C), on their device
  at::Tensor Gradient(const at::Tensor& features,
                      const at::Tensor& labels) const;

  // A step along it, learning rates times `scale`.
  void Step(const at::Tensor& gradient, double scale);

  // W x + b of every head: [B, E] -> [B, H, C].
  at::Tensor Scores(const at::Tensor& features) const;

  // "weight" and "momentum", [H C, E + 1] each, as aliases.
  NamedTensors State() const;

  int64_t heads() const { return learning_rates_.size(0); }

 private:
  const int64_t feature_dim_;
  const int64_t classes_;
  const double momentum_;
  at::Tensor learning_rates_;  // [H, 1]
  at::Tensor weight_;          // [H C, E + 1]
  at::Tensor velocity_;        // [H C, E + 1], v
};

}  // namespace snclr

#endif  // EVAL_LINEAR_HEADS_H_
